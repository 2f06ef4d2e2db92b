/*
 * Which kernel the machine boots: --kernel, --linux, --initrd, --append, --acpi.
 */
#ifndef VMC_HOST_SPEC_KERNEL_H
#define VMC_HOST_SPEC_KERNEL_H

#include "common/error.h"
#include "host/cli/request.h"
#include "host/spec/spec.h"

/* Fills the kernel's part of the specification, whose arch is known already. */
int kernel_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
