/*
 * What a fresh machine, or a copy of one, is told about itself before the workload starts.
 */
#ifndef VMC_GUEST_AGENT_BOOT_MACHINE_H
#define VMC_GUEST_AGENT_BOOT_MACHINE_H

#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"

/* What needs no configuration, and comes before HELLO. Only as PID 1. */
int machine_begin(struct error *err);

/*
 * Clock, random numbers, swap, the script of --ftrace, and the network unless the container has one
 * of its own. Only as PID 1.
 */
int machine_prepare(const struct agent_config *config, struct error *err);

/* CLOCK_BOOTTIME in nanoseconds, clock_gettime(2). */
uint64_t boottime_ns(void);

#endif
