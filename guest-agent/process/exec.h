/*
 * One more process beside the workload, in its container where it has one: in the namespaces of the
 * container's first process, in its cgroup and root directory, with the container's rights unless
 * it is given its own. It is the agent's child, so its end is known exactly.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_EXEC_H
#define VMC_GUEST_AGENT_PROCESS_EXEC_H

#include "guest-agent/process/process.h"

/*
 * Makes the process, and does not wait for it: ret_process->report becomes readable when its
 * command runs or cannot. config is used up, but stays the caller's. Also after failure,
 * process_free() frees what there is.
 */
int exec_start(const struct process *workload, const struct container_shape *shape,
               struct process_config *config, struct process *ret_process, struct error *err);

/*
 * Call it when its report is readable, or it has ended: 0 if the command runs, and its streams and
 * terminal are open now; -1 with the reason if not, as process_start().
 */
int exec_finish(struct process *process, struct error *err);

#endif
