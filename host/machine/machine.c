#include "host/machine/machine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/contract.h"

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
    if (ret->ops->start(request, ret, isolation, err) < 0)
        return -1;
    return qmp_open(&ret->monitor, ret->monitor_fd, err);
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

size_t machine_shares(const struct machine_request *request,
                      struct machine_share shares[MACHINE_SHARES_MAX])
{
    const struct vm_spec *spec = request->spec;
    const struct rootfs *rootfs = request->rootfs;
    size_t count = 0;
    if (rootfs->share)
        shares[count++] = (struct machine_share){
            .path = rootfs->share,
            .tag = ROOTFS_MOUNT_TAG,
            .cache = VOLUME_CACHE_LOOSE,
            .read_only = rootfs->read_only,
            .virtiofs = spec->virtiofs,
        };
    for (enum volume_cache i = 0; i < VOLUME_CACHE_COUNT; i++) {
        const struct volume_share *volumes = &request->volumes->shares[i];
        if (volumes->path)
            shares[count++] = (struct machine_share){
                .path = volumes->path,
                .tag = volume_tag(i),
                .cache = i,
                .read_only = volumes->read_only,
                .virtiofs = spec->virtiofs_volumes,
            };
    }
    return count;
}

bool machine_has_file_server(const struct machine_request *request)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    for (size_t i = 0; i < count; i++)
        if (shares[i].virtiofs)
            return true;
    return false;
}

static const char *place_of(const struct machine_share *share, const char *root,
                            struct strings *paths)
{
    if (!root)
        return share->path;
    if (strcmp(share->tag, ROOTFS_MOUNT_TAG) == 0)
        return root;
    strings_addf(paths, VOLUMES_PATH "/%s", share->tag);
    return paths->items[paths->count - 1];
}

size_t machine_trees(const struct machine_request *request, const char *share,
                     struct jail_tree trees[MACHINE_SHARES_MAX], struct strings *paths)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares), trees_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!shares[i].virtiofs)
            trees[trees_count++] = (struct jail_tree){
                shares[i].path, place_of(&shares[i], share, paths), shares[i].read_only};
    return trees_count;
}

bool machine_writes(const struct machine_request *request)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    for (size_t i = 0; i < count; i++)
        if (!shares[i].virtiofs && !shares[i].read_only)
            return true;
    return false;
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
    /* First the processes in the hypervisor's control groups. */
    for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
        jail_stop(&m->file_servers[i]);
    jail_stop(&m->process);
    close_fd(&m->keeper_fd);
    if (m->ops && m->ops->stop)
        m->ops->stop(m);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    qmp_close(&m->monitor);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
