/*
 * The other end of a container's control socket (control.h): what vmc exec, kill and stop do.
 */
#ifndef VMC_HOST_MONITOR_CLIENT_H
#define VMC_HOST_MONITOR_CLIENT_H

#include <stdbool.h>

#include "common/container_config.h"
#include "common/error.h"

struct exec_request {
    const struct process_config *process; /* what it leaves out is the workload's */
    bool interactive;                     /* standard input is the process's */
    bool detach;                          /* return once it has started; it has no streams */
};

/*
 * Runs one more process in the container whose directory that is, with this process's streams,
 * terminal and signals, to its end. *ret_status is its exit status; 126 and 127 are errors.
 */
int client_exec(int dir, const struct exec_request *request, int *ret_status, struct error *err);

/*
 * A signal for the container's workload. Its vmc has taken it when this returns 0, and does so
 * until the deadline (now_ns() time) or -1.
 */
int client_signal(int dir, int signal, int64_t deadline, struct error *err);

#endif
