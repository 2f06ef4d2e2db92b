#include "guest-agent/container/namespaces.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <unistd.h>

uint64_t namespaces_new(const struct container_shape *shape)
{
    uint64_t flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
    if (!is_container(shape))
        return 0;
    /* Linux has it on most architectures: time_namespaces(7). */
    if (access("/proc/self/ns/time", F_OK) == 0)
        flags |= CLONE_NEWTIME;
    if (shape->netns)
        flags |= CLONE_NEWNET;
    if (shape->userns)
        flags |= CLONE_NEWUSER;
    return flags;
}

int namespaces_join(int pidfd, const struct container_shape *shape, struct error *err)
{
    uint64_t flags = (namespaces_new(shape) | CLONE_NEWCGROUP) & ~(uint64_t)CLONE_NEWPID;
    if (!is_container(shape) || setns(pidfd, (int)flags) == 0)
        return 0;
    if (errno == ESRCH)
        return error_set(err, "the container has ended");
    return error_errno(err, "cannot enter the container");
}
