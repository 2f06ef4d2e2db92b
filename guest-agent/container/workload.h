/*
 * The last steps to the workload's program: signals, streams, limits, user, capabilities, seccomp,
 * execve(2), in the order in which each still has the rights it needs.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_WORKLOAD_H
#define VMC_GUEST_AGENT_CONTAINER_WORKLOAD_H

#include <stdbool.h>

#include "common/container_config.h"
#include "common/error.h"
#include "guest-agent/container/user.h"

struct workload {
    const struct container_shape *shape;
    struct process_config *process;
    const struct user *user; /* NULL: stay who we are */
    bool tty;                /* the streams are a terminal, to become the controlling one */
    int input;
    int output;
    int error_output;
};

/* Returns only on failure, -1; err has the status of docker-run(1) for commands that cannot run. */
int workload_exec(const struct workload *w, struct error *err);

#endif
