/*
 * Which QEMU runs machines of an architecture.
 */
#ifndef VMC_HOST_MACHINE_QEMU_PROGRAM_H
#define VMC_HOST_MACHINE_QEMU_PROGRAM_H

#include "common/error.h"
#include "host/base/arch.h"

/* *ret_path is owned by the caller. -1: it is not installed, and err says what installs it. */
int qemu_program_find(const struct arch *arch, char **ret_path, struct error *err);

#endif
