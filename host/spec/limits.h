/*
 * Limits of the container in the guest's control groups, in addition to those of the machine. Units
 * and meanings are those of the files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst).
 */
#ifndef VMC_HOST_SPEC_LIMITS_H
#define VMC_HOST_SPEC_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"
#include "host/cli/request.h"

/* 0 or NULL: no limit. */
struct cgroup_spec {
    uint64_t memory_max, memory_high; /* bytes */
    bool swap_limited;
    uint64_t swap_max;              /* bytes; the machine gets a disk of that size */
    uint64_t cpu_quota, cpu_period; /* us */
    uint64_t cpu_weight;            /* 1 to 10000 */
    uint64_t pids_max;
    char *cpuset; /* owned: "0-2,4" */
    char *io_max; /* owned: "rbps=1048576 wiops=100", of the upper disk */
};

/* What the machine has, for limits that make sense only within it. */
struct machine_facts {
    uint64_t memory; /* bytes */
    unsigned cpus;
    bool upper_disk;
};

int cgroup_resolve(const struct request *req, const struct machine_facts *machine,
                   struct cgroup_spec *ret, struct error *err);
void cgroup_fill(const struct cgroup_spec *spec, struct cgroup_limits *ret);
void cgroup_spec_free(struct cgroup_spec *spec);

#endif
