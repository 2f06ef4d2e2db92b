/*
 * What the container's first process does between clone3(2) and execve(2): it prepares what the
 * shape of the container tells, and waits there for the configuration. The agent has one thread, so
 * its child may call anything.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_CHILD_H
#define VMC_GUEST_AGENT_PROCESS_CHILD_H

#include "common/container_config.h"

/* Memory of both, in which the configuration's text comes. */
struct shared_config {
    size_t length;
    char text[CONFIG_SIZE_MAX];
};

/* The child's ends; all close-on-exec. */
struct child {
    struct agent_config *config; /* the shape; its own copy, by fork */
    struct shared_config *shared;
    int link;
    int report; /* an ERROR payload (protocol.h) when something fails; its end means execve(2) */
    int input;
    int output;
    int error_output;
};

_Noreturn void child_run(const struct child *child);

#endif
