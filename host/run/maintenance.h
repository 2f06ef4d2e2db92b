/*
 * The maintenance shell: the agent serves it on the serial line of a guest that has no host to
 * talk to, that is, no ports and no root file system.
 */
#ifndef VMC_HOST_RUN_MAINTENANCE_H
#define VMC_HOST_RUN_MAINTENANCE_H

#include "host/machine/watch.h"
#include "host/run/foreground.h"

/*
 * Joins standard input and output to the machine's serial line until the machine ends, as it does
 * when the shell exits. A terminal is raw meanwhile. Other input waits until the agent has
 * announced the shell, at the latest at the deadline (now_ns() time), and its end is the shell's.
 * A signal that ends vmc ends the machine: foreground_aborted().
 */
int maintenance_run(struct machine_watch *watch, struct foreground *foreground, int64_t deadline,
                    struct error *err);

#endif
