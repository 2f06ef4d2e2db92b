/*
 * What a process of the container does between clone3(2) and execve(2). The agent has one thread,
 * so its child may call anything.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_CHILD_H
#define VMC_GUEST_AGENT_PROCESS_CHILD_H

#include "common/container_config.h"

/* Memory shared with the agent, for the configuration's text. */
struct shared_config {
    size_t length;
    char text[CONFIG_SIZE_MAX];
};

/* The child's ends; all close-on-exec. */
struct child {
    int link;
    int report; /* an ERROR payload (protocol.h) when something fails; its end means execve(2) */
    int input;
    int output;
    int error_output;
};

/*
 * The container's first process: prepares what the shape describes, and then waits for the
 * configuration. config has the shape; it is the child's own copy, by fork.
 */
_Noreturn void child_run(const struct child *child, struct agent_config *config,
                         struct shared_config *shared);

/*
 * One more process, born in the PID namespace of the container that first, a pidfd of its first
 * process, is in; unused for a plain process.
 */
_Noreturn void child_run_exec(const struct child *child, const struct container_shape *shape,
                              int first, struct process_config *process);

#endif
