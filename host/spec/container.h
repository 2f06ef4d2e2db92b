/*
 * What the container inside the guest is: its rights, its limits and its view of the kernel.
 * Resolved from the command line by spec_resolve(); the agent applies it
 * (common/container_config.h).
 */
#ifndef VMC_HOST_SPEC_CONTAINER_H
#define VMC_HOST_SPEC_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"
#include "common/util.h"
#include "host/cli/request.h"
#include "host/spec/devices.h"
#include "host/spec/limits.h"
#include "host/spec/mounts.h"
#include "host/spec/rlimits.h"
#include "host/spec/seccomp_profile.h"
#include "host/spec/security.h"

struct container_spec {
    uint64_t capabilities; /* the bounding set, bit n is capability n of capabilities(7) */
    struct security_spec security;
    struct cgroup_spec cgroup;
    struct rlimit_spec rlimits;
    struct mount_spec mounts;
    struct device_list devices;
    struct strings groups;  /* supplementary, names or numbers of the container's */
    struct strings sysctls; /* NAME=VALUE */
    char *ftrace_script;    /* owned: what the file holds, or NULL */
    int oom_score_adj;      /* proc_pid_oom_score_adj(5) */
    bool privileged;
    bool read_only;
    bool no_init;
    bool netns;
    bool userns;
};

/* *ret is to be freed with container_spec_free(), after a failure, too. */
int container_resolve(const struct request *req, const struct machine_facts *machine,
                      struct container_spec *ret, struct error *err);
void container_spec_free(struct container_spec *spec);

/* Takes some 10 ms. No filter where the container has none; arch as libseccomp calls it. */
int container_compile_seccomp(const struct container_spec *spec, const char *arch,
                              struct seccomp_filter *ret, struct error *err);

/*
 * Fill in what the agent is told of it, with copies: the container's shape (filter: the compiled
 * one), and its part of the configuration.
 */
void container_fill_shape(const struct container_spec *spec, const struct seccomp_filter *filter,
                          struct container_shape *ret);
void container_fill_config(const struct container_spec *spec, struct agent_config *ret);

#endif
