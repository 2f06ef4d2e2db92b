/*
 * The container's cgroup (cgroup v2: Documentation/admin-guide/cgroup-v2.rst): its limits, its
 * device rules, and what it counted. The agent itself stays in the root cgroup, which has none.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_CGROUP_H
#define VMC_GUEST_AGENT_CONTAINER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/container_config.h"
#include "common/error.h"

/* Makes the cgroup. Nothing is limited yet. */
int cgroup_make(struct error *err);

/*
 * Attaches the shape's device rules; *ret_fd, owned by the caller, is the cgroup's directory,
 * for CLONE_INTO_CGROUP.
 */
int cgroup_prepare(const struct container_shape *shape, int *ret_fd, struct error *err);

/* Its directory, owned by the caller; or that of the group in which a process of it is now. */
int cgroup_open(struct error *err);
int cgroup_open_of(pid_t pid, struct error *err);

/* Writes all limits that are set. */
int cgroup_limit(const struct cgroup_limits *limits, struct error *err);

/* True if the kernel has killed a process of the container because memory ran out. */
bool cgroup_out_of_memory(void);

struct bpf_insn;
#define DEVICE_PROGRAM_MAX 16384

/*
 * The rules as a BPF program of type BPF_PROG_TYPE_CGROUP_DEVICE (enough room for
 * DEVICE_PROGRAM_MAX instructions); its length. Pure.
 */
size_t device_program(const struct device_rule_list *rules, struct bpf_insn *program);

/* Attaches it to the cgroup. */
int device_rules_attach(const struct device_rule_list *rules, int cgroup, struct error *err);

#endif
