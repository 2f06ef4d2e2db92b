/*
 * The machine: its memory, its processors, what executes them. Shared by backends; each resolves
 * the part that it has (spec/backend.h).
 */
#ifndef VMC_HOST_SPEC_MACHINE_H
#define VMC_HOST_SPEC_MACHINE_H

#include <stdint.h>

#include "host/cli/request.h"
#include "host/spec/spec.h"

/* This host's memory in bytes, which bounds --memory. */
uint64_t host_memory(void);

int resolve_cpus(const struct request *req, struct vm_spec *spec, struct error *err);
int resolve_memory(const struct request *req, struct vm_spec *spec, struct error *err);

/* All of a QEMU machine: these, --accel, the kernel, and what a debugger changes in it. */
int machine_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
