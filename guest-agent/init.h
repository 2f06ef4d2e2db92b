/*
 * The container's init: process 1 of its PID namespace, which reaps what is orphaned and passes
 * signals on. It has no capability, cannot be traced or looked into by the workload, and holds
 * nothing but its end of the link. pid_namespaces(7)
 */
#ifndef VMC_GUEST_AGENT_INIT_H
#define VMC_GUEST_AGENT_INIT_H

#include "guest-agent/workload.h"

/*
 * Starts the workload and serves until it has ended, then ends itself, and with it everything in
 * the namespace. Returns only on failure before that.
 */
int init_run(const struct workload *w, int link, int report, struct error *err);

#endif
