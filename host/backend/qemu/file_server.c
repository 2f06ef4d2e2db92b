#include "host/backend/qemu/file_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/notice.h"
#include "host/base/unix_socket.h"
#include "host/base/virtiofsd.h"
#include "host/jail/files.h"
#include "host/jail/rules.h"

#define SHARED_PATH "/share"
#define SOCKET_NAME "files"
/* The owner shown for an id that the user namespace does not have, user_namespaces(7). */
#define UID_OF_NOBODY 65534
/* A thread for each queue, and those of its libraries. */
#define TASKS 16
/* In addition to the machine's memory, which it maps. */
#define ADDRESS_SPACE_OVERHEAD (2ull << 30)

/* Its descriptors after the standard ones. */
enum { FD_LISTENER = 3, FD_END };

/* ---- programs ---- */

/*
 * QEMU's own, up to version 7.2. The limits come from its jail; sandbox: it is already in a jail,
 * and this kind makes no namespaces. Locks stay in each kernel: one that waits would stop all
 * requests.
 */
static void add_qemus(const struct machine_share *share, struct strings *argv)
{
    static const char *const cache[VOLUME_CACHE_COUNT] = {
        [VOLUME_CACHE_NONE] = "cache=none",
        [VOLUME_CACHE_MMAP] = "cache=auto,timeout=0",
        [VOLUME_CACHE_LOOSE] = "cache=always",
    };
    strings_add(argv, "-f");
    strings_addf(argv, "--fd=%d", FD_LISTENER);
    strings_add(argv, "--rlimit-nofile=0");
    strings_add(argv, "-o");
    strings_addf(argv,
                 "source=" SHARED_PATH ",%s%s,sandbox=chroot,xattr,posix_acl,announce_submounts,"
                 "log_level=err",
                 cache[share->cache],
                 share->cache == VOLUME_CACHE_LOOSE && !share->read_only ? ",writeback" : "");
    /* The capabilities that it keeps from its jail (jail/rules.c). */
    strings_add(argv, "-o");
    strings_add(argv, share->read_only
                          ? "modcaps=+dac_read_search:-chown:-dac_override:-fsetid:-setgid:-setuid:"
                            "-mknod:-setfcap"
                          : "modcaps=+dac_read_search:-mknod");
}

/* The Rust one. It has no time-out for the guest's cache. */
static void add_rusts(const struct machine_share *share, struct strings *argv)
{
    static const char *const cache[VOLUME_CACHE_COUNT] = {
        [VOLUME_CACHE_NONE] = "--cache=never",
        [VOLUME_CACHE_MMAP] = "--cache=never",
        [VOLUME_CACHE_LOOSE] = "--cache=always",
    };
    static const char *const words[] = {
        "--sandbox=chroot", "--rlimit-nofile=0",    "--inode-file-handles=never", "--xattr",
        "--posix-acl",      "--announce-submounts", "--log-level=error",          NULL,
    };
    strings_add(argv, "--shared-dir=" SHARED_PATH);
    strings_addf(argv, "--fd=%d", FD_LISTENER);
    for (const char *const *word = words; *word; word++)
        strings_add(argv, *word);
    strings_add(argv, cache[share->cache]);
    if (share->cache == VOLUME_CACHE_LOOSE && !share->read_only)
        strings_add(argv, "--writeback");
    if (share->cache != VOLUME_CACHE_LOOSE)
        strings_add(argv, "--allow-mmap");
    strings_add(argv, share->read_only
                          ? "--modcaps=+dac_read_search:-chown:-dac_override:-fsetid:-setgid:"
                            "-setuid:-mknod:-setfcap"
                          : "--modcaps=+dac_read_search:-mknod");
}

/* The same settings for both, in each one's words. */
static void add_arguments(enum virtiofsd_kind kind, const struct machine_share *share,
                          struct strings *argv)
{
    (kind == VIRTIOFSD_QEMU ? add_qemus : add_rusts)(share, argv);
}

/* ---- limits ---- */

/* A guest kernel without virtiofs.known_most forgets files when it needs memory. */
static void say_limit(const struct machine_request *request)
{
    const struct vm_spec *spec = request->spec;
    bool bred = !spec->kernel && !spec->distro;
    rlim_t most = jail_descriptors(JAIL_FILE_SERVER);
    if (!bred && most < jail_rules(JAIL_FILE_SERVER)->descriptors)
        notice("virtiofs: the guest can know only some %llu files at a time (ulimit -Hn)",
               (unsigned long long)virtiofsd_files(most));
}

/*
 * If a file's owner has no id in the namespace, it is shown as nobody's, and O_NOATIME is refused,
 * with which an overlay opens its lower files.
 */
static int check_owner(const struct machine_request *request, struct error *err)
{
    struct stat st;
    if (!request->spec->virtiofs || !request->rootfs->read_only || request->privileged)
        return 0;
    if (stat(request->rootfs->share, &st) < 0)
        return error_errno(err, "%s", request->rootfs->share);
    if (st.st_uid != UID_OF_NOBODY)
        return 0;
    return error_set(err,
                     "--rootfs-transport virtiofs is for files of the caller and its subordinate "
                     "ids, and %s belongs to another user: leave it out",
                     request->spec->rootfs);
}

/* ---- ends ---- */

static int connect_both(const struct container *container, int *ret_ours, int *ret_theirs,
                        struct error *err)
{
    AUTO_CLOSE int ours = -1;
    AUTO_CLOSE int theirs = -1;
    /* In a directory where no one else can make a socket first. */
    if (unix_socket_listen_at(container->dir_fd, SOCKET_NAME, SOCK_STREAM, &ours, err) < 0 ||
        unix_socket_connect_at(container->dir_fd, SOCKET_NAME, SOCK_STREAM, &theirs, err) < 0)
        return error_wrap(err, "the hypervisor and its file server");
    if (unlinkat(container->dir_fd, SOCKET_NAME, 0) < 0)
        return error_errno(err, "the hypervisor and its file server");
    *ret_ours = take_fd(&ours);
    *ret_theirs = take_fd(&theirs);
    return 0;
}

int file_server_prepare(const struct machine_request *request, struct file_server_ends *ours,
                        struct file_server_ends *theirs, struct error *err)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
        ours->fds[i] = theirs->fds[i] = -1;
    if (!machine_has_file_server(request))
        return 0;
    if (check_owner(request, err) < 0)
        return -1;
    say_limit(request);
    for (size_t i = 0; i < count; i++)
        if (shares[i].virtiofs &&
            connect_both(request->container, &ours->fds[i], &theirs->fds[i], err) < 0)
            return -1;
    return 0;
}

void file_server_close(struct file_server_ends *ends)
{
    for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
        close_fd(&ends->fds[i]);
}

/* ---- starting ---- */

static int start_one(const struct machine_request *request, const struct virtiofsd *program,
                     const struct machine_share *share, const int fds[FD_END],
                     const struct jailed *hypervisor, struct jailed *ret,
                     struct isolation *isolation, struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, argv = {0};
    const struct jail_tree tree = {share->path, SHARED_PATH, share->read_only};
    const struct jail jail = {
        .tenant = JAIL_FILE_SERVER,
        .container = request->container,
        .program = program->path,
        .files = &files,
        .trees = &tree,
        .tree_count = 1,
        .ids = request->ids->first ? request->ids : NULL,
        .privileged = request->privileged,
        .needs = {.writes = !share->read_only},
        .address_space = request->spec->memory + ADDRESS_SPACE_OVERHEAD,
        .file_size = share->read_only ? 0 : UINT64_MAX,
        .tasks = TASKS,
        .group = &hypervisor->cgroup,
        .required = request->spec->require_jail,
    };
    if (jail_files_find(NULL, program->path, &files, err) < 0)
        return -1;
    strings_add(&argv, program->path);
    add_arguments(program->kind, share, &argv);
    int result = jail_start(&jail, &argv, fds, FD_END, ret, isolation, err);
    return result < 0 ? error_wrap(err, "virtiofsd") : 0;
}

int file_server_start(const struct machine_request *request, const struct file_server_ends *ours,
                      int errors, struct machine *m, struct isolation *isolation, struct error *err)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    if (!machine_has_file_server(request))
        return 0;
    const struct virtiofsd *program = virtiofsd_find(err);
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < count && program; i++) {
        const int said = request->spec->debug ? errors : null;
        const int fds[FD_END] = {null, said, said, ours->fds[i]};
        if (shares[i].virtiofs && start_one(request, program, &shares[i], fds, &m->process,
                                            &m->file_servers[i], isolation, err) < 0)
            return -1;
    }
    return program ? 0 : -1;
}
