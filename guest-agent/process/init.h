/*
 * The container's init: process 1 of its PID namespace, which reaps orphans and forwards signals.
 * It runs as the workload's user, so that /proc/1/fd leads to the workload's streams, and that user
 * may trace it. So it is a program started afresh, has no capability, can make only the system
 * calls that it needs (init_filter.h), and what comes over its end of the link is hostile input.
 * pid_namespaces(7)
 */
#ifndef VMC_GUEST_AGENT_PROCESS_INIT_H
#define VMC_GUEST_AGENT_PROCESS_INIT_H

#include <sys/types.h>

#include "guest-agent/container/workload.h"

/* The name by which the agent's program, as process 1 of a container, is its init. */
#define INIT_NAME "vmc-init"

/* What an init is started with: descriptors, all owned, and its only child. */
struct init {
    int link;
    int gate;   /* takes a byte when the workload may start */
    int report; /* as struct child's */
    pid_t workload;
};

/*
 * Starts the workload and becomes its init, which ends when the workload has, and with it
 * everything in the namespace. Returns only on failure before that.
 */
int init_run(const struct workload *w, int link, int report, struct error *err);

/* Its loop: main() calls this for a process 1 of that name. */
_Noreturn void init_serve(const struct init *init);

#endif
