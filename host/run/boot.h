/*
 * Ends a run's machine and the session with its guest: for run_release(), and where the ladder of
 * accelerators falls back to another machine.
 */
#ifndef VMC_HOST_RUN_BOOT_H
#define VMC_HOST_RUN_BOOT_H

#include "host/run/run.h"

void end_machine(struct run *run);

#endif
