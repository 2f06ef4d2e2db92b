/*
 * What the container's first process does between clone3(2) and execve(2). The agent has one
 * thread, so its child may call anything.
 */
#ifndef VMC_GUEST_AGENT_CHILD_H
#define VMC_GUEST_AGENT_CHILD_H

#include "guest-agent/config.h"

/* The child's ends; all close-on-exec. */
struct child {
    struct agent_config *config; /* its own copy, by fork: it adds HOME */
    int link;
    int report; /* an ERROR payload (protocol.h) when something fails; its end means execve(2) */
    int input;  /* -1: the terminal */
    int output;
    int error_output;
};

_Noreturn void child_run(const struct child *child);

#endif
