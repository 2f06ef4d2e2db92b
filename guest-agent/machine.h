/*
 * What a fresh (or cloned) machine is told about itself before the workload starts.
 */
#ifndef VMC_GUEST_AGENT_MACHINE_H
#define VMC_GUEST_AGENT_MACHINE_H

#include <stdint.h>

#include "common/error.h"
#include "guest-agent/config.h"

/*
 * Clock, random numbers, resource limits, swap, the script of --ftrace, and the network unless the
 * container has one of its own. Only as PID 1.
 */
int machine_prepare(const struct agent_config *config, struct error *err);

/* CLOCK_BOOTTIME in nanoseconds, clock_gettime(2). */
uint64_t boottime_ns(void);

#endif
