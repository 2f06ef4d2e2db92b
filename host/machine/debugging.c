#include "host/machine/debugging.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/base/notice.h"
#include "host/base/unix_socket.h"
#include "host/network/ports.h"

/* Even a slow disk writes 8 MiB per second. */
#define DUMP_PATIENCE_NS (30 * NS_PER_S)
#define DUMP_BYTES_PER_S (8ull << 20)

/* A socket that only the user can open. */
static int listen_at_path(const struct debug_spec *spec, struct debugging *ret, struct error *err)
{
    mode_t mask = umask(077);
    int result = unix_socket_listen(spec->gdb_path, SOCK_STREAM, &ret->gdb_fd, err);
    umask(mask);
    if (result < 0)
        return error_wrap(err, "--gdb");
    ret->gdb_path = spec->gdb_path;
    notice("the guest waits for gdb: target remote %s", spec->gdb_path);
    return 0;
}

static int listen_at_port(const struct debug_spec *spec, struct debugging *ret, struct error *err)
{
    const struct publish port = {.address = spec->address, .host_port = spec->port};
    AUTO_FREE char *where = net_address_with_port(&spec->address, spec->port);
    ret->gdb_fd = port_bind("--gdb", &port, err);
    if (ret->gdb_fd < 0)
        return -1;
    if (listen(ret->gdb_fd, 1) < 0)
        return error_errno(err, "--gdb %s", where);
    notice("the guest waits for gdb: target remote %s", where);
    return 0;
}

/* It gets its name once it has its contents: a successful run leaves nothing. */
static int open_dump(const struct debug_spec *spec, struct debugging *ret, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(spec->crash_dump);
    if (faccessat(AT_FDCWD, spec->crash_dump, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return error_set(err, "--crash-dump %s already exists", spec->crash_dump);
    ret->dump_dir = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ret->dump_dir >= 0)
        ret->dump_fd = openat(ret->dump_dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (ret->dump_fd < 0)
        return error_errno(err, "--crash-dump %s", spec->crash_dump);
    ret->dump_path = spec->crash_dump;
    return 0;
}

int debugging_open(const struct debug_spec *spec, struct debugging *ret, struct error *err)
{
    if (spec->crash_dump && open_dump(spec, ret, err) < 0)
        return -1;
    if (!spec->gdb)
        return 0;
    return spec->gdb_path ? listen_at_path(spec, ret, err) : listen_at_port(spec, ret, err);
}

void debugging_close(struct debugging *d)
{
    if (d->gdb_path)
        unlink(d->gdb_path);
    d->gdb_path = NULL;
    close_fd(&d->gdb_fd);
    close_fd(&d->dump_fd);
    close_fd(&d->dump_dir);
}

static int write_dump(struct debugging *d, struct qmp *monitor, uint64_t size, struct error *err)
{
    /* QEMU opens the file again, through the set with its descriptor. */
    AUTO_FREE char *arguments =
        xasprintf("{\"paging\":false,\"protocol\":\"file:/dev/fdset/%d\"}", DEBUGGING_DUMP_SET);
    int64_t patience = DUMP_PATIENCE_NS + (int64_t)(size / DUMP_BYTES_PER_S) * NS_PER_S;
    if (qmp_command(monitor, "dump-guest-memory", arguments, now_ns() + patience, err) < 0)
        return -1;
    AUTO_FREE char *source = xasprintf("/proc/self/fd/%d", d->dump_fd);
    AUTO_FREE char *copy = xstrdup(d->dump_path);
    if (linkat(AT_FDCWD, source, d->dump_dir, basename(copy), AT_SYMLINK_FOLLOW) < 0)
        return error_errno(err, "%s", d->dump_path);
    return 0;
}

void debugging_dump(struct debugging *d, struct qmp *monitor, uint64_t size)
{
    struct error err = ERROR_INIT;
    if (d->dump_fd < 0)
        return;
    if (write_dump(d, monitor, size, &err) < 0)
        notice("--crash-dump: %s", err.text);
    else
        notice("the guest's memory is in %s", d->dump_path);
    close_fd(&d->dump_fd);
}
