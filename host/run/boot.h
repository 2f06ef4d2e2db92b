/*
 * The end of a run's machine and of the talk with it, for run_release(); a run may have two, when
 * the ladder falls back.
 */
#ifndef VMC_HOST_RUN_BOOT_H
#define VMC_HOST_RUN_BOOT_H

#include "host/run/run.h"

void end_machine(struct run *run);

#endif
