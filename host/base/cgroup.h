/*
 * The control groups of one machine on the host: a bound on the memory and the threads of the
 * hypervisor that it cannot change. Version 2 where it has memory and pids, else version 1;
 * cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
 *
 * Version 2: root's groups are /vmc/ID at the top of the hierarchy, an ordinary user's are beside
 * the caller's own group, if its parent has been delegated to the user. Version 1: below the
 * caller's own group of each controller.
 */
#ifndef VMC_HOST_BASE_CGROUP_H
#define VMC_HOST_BASE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/util.h"

struct host_cgroup_limits {
    uint64_t memory; /* bytes; 0: no limit */
    bool no_swap;   /* and no swap beside it; where a kernel does not count it, there is no limit */
    unsigned tasks; /* threads; 0: no limit */
};

/* Zero-initialised: none. */
struct host_cgroup {
    struct strings dirs; /* the groups made, one for each hierarchy */
};

/*
 * Where the groups of a container go, from the texts of /proc/self/cgroup and
 * /proc/self/mountinfo. Pure. All strings are owned; NULL where there is none.
 */
struct host_cgroup_plan {
    char *memory_v1; /* the caller's own group of the controller: ours is made in it */
    char *pids_v1;
    char *top_v2;    /* mount point of the version 2 hierarchy, only for root */
    char *parent_v2; /* the group ours is made in; it passes the controllers on */
};
void host_cgroup_plan(const char *cgroup, const char *mountinfo, bool privileged,
                      struct host_cgroup_plan *ret);
void host_cgroup_plan_free(struct host_cgroup_plan *plan);

/*
 * Makes the groups and sets their limits. Their paths are written to the container's directory
 * first, for host_cgroup_sweep(). On failure err says what is missing, and nothing is left behind.
 */
int host_cgroup_create(int container_fd, const char *id, const struct host_cgroup_limits *limits,
                       bool privileged, struct host_cgroup *ret, struct error *err);

/* Moves a process into them. */
int host_cgroup_enter(const struct host_cgroup *cgroup, pid_t pid, struct error *err);

/* Removes the groups once all processes in them have ended, and frees. Accepts an empty one. */
void host_cgroup_remove(struct host_cgroup *cgroup);

/*
 * Removes the groups that a vmc wrote to its container's directory. -1 with err if one is still in
 * use: keep the note and try again later. Does not wait for that, since a start must not.
 */
int host_cgroup_sweep(int container_fd, struct error *err);

#endif
