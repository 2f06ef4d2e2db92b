#include "host/machine.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

#include "host/libvirt.h"
#include "host/namespaces.h"
#include "host/qemu.h"
#include "host/uml.h"

const struct machine_ops *machine_ops(enum backend backend)
{
    switch (backend) {
    case BACKEND_NAMESPACES:
        return &namespaces_ops;
    case BACKEND_UML:
        return &uml_ops;
    case BACKEND_LIBVIRT:
        return &libvirt_ops;
    case BACKEND_QEMU:
        break;
    }
    return &qemu_ops;
}

int64_t machine_time_ns(const struct machine *m)
{
    clockid_t clock;
    struct timespec time;
    if (m->process.pid <= 0 || clock_getcpuclockid(m->process.pid, &clock) != 0 ||
        clock_gettime(clock, &time) < 0)
        return 0;
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err)
{
    ret->ops = machine_ops(request->spec->backend);
    return ret->ops->start(request, ret, isolation, err);
}

int machine_make_standard(struct machine *m, int theirs[3], struct error *err)
{
    int errors[2];
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe");
    m->errors_fd = errors[0];
    theirs[STDERR_FILENO] = errors[1];
    theirs[STDOUT_FILENO] = fcntl(errors[1], F_DUPFD_CLOEXEC, 0);
    theirs[STDIN_FILENO] = open("/dev/null", O_RDWR | O_CLOEXEC);
    return theirs[STDIN_FILENO] < 0 || theirs[STDOUT_FILENO] < 0
               ? error_errno(err, "cannot make the standard streams")
               : 0;
}

int machine_give(const struct machine_gift *gifts, size_t count, int *theirs, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (gifts[i].fd < 0)
            continue;
        theirs[gifts[i].number] = fcntl(gifts[i].fd, F_DUPFD_CLOEXEC, 0);
        if (theirs[gifts[i].number] < 0)
            return error_errno(err, "cannot duplicate a descriptor");
    }
    return 0;
}

static const char *place_of(const struct volume_share *share, enum volume_cache kind, bool moved,
                            struct strings *paths)
{
    if (!moved)
        return share->path;
    AUTO_FREE char *tag = volume_tag(kind);
    strings_addf(paths, "/volumes/%s", tag);
    return paths->items[paths->count - 1];
}

size_t machine_trees(const struct machine_request *request, const char *share,
                     struct jail_tree trees[MACHINE_TREES_MAX], struct strings *paths)
{
    const struct rootfs *rootfs = request->rootfs;
    size_t count = 0;
    if (rootfs->share && !request->spec->virtiofs)
        trees[count++] =
            (struct jail_tree){rootfs->share, share ? share : rootfs->share, rootfs->read_only};
    for (enum volume_cache i = 0; i < VOLUME_CACHE_COUNT; i++) {
        const struct volume_share *volumes = &request->volumes->shares[i];
        if (volumes->path)
            trees[count++] = (struct jail_tree){
                volumes->path, place_of(volumes, i, share != NULL, paths), volumes->read_only};
    }
    return count;
}

bool machine_writes(const struct machine_request *request)
{
    return !request->rootfs->read_only || volumes_writable(request->volumes);
}

int machine_make_pair(int *ret_ours, int *ret_theirs, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    *ret_ours = pair[0];
    *ret_theirs = pair[1];
    return 0;
}

void machine_stop(struct machine *m)
{
    /* First who is in the other's control groups. */
    jail_stop(&m->file_server);
    jail_stop(&m->process);
    close_fd(&m->keeper_fd);
    if (m->ops && m->ops->stop)
        m->ops->stop(m);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
