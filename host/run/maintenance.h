/*
 * The maintenance shell: the agent serves it on the serial line of a guest without a host to serve,
 * that is, without ports and root file system.
 */
#ifndef VMC_HOST_RUN_MAINTENANCE_H
#define VMC_HOST_RUN_MAINTENANCE_H

#include "host/machine/watch.h"
#include "host/run/foreground.h"

/*
 * Joins standard input and output to the machine's serial line until the machine ends, as it does
 * when the shell exits. A terminal is in raw mode meanwhile. Other input waits until the agent has
 * announced the shell, at most until the deadline (now_ns() time), and its end ends the shell. A
 * signal that ends vmc ends the machine: foreground_aborted().
 */
int maintenance_run(struct machine_watch *watch, struct foreground *foreground, int64_t deadline,
                    struct error *err);

#endif
