/*
 * vmc as libvirt's emulator. For a domain made by vmc it hands over and stands in (handover.h).
 * Without a domain, before the first one and after each change of the file, libvirt asks for QEMU's
 * capabilities: then QEMU itself answers.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_EMULATOR_H
#define VMC_HOST_BACKEND_LIBVIRT_EMULATOR_H

#include <stdbool.h>

#include "common/error.h"

/*
 * True if libvirt has started this process: the variable says so, or the first arguments of its
 * capability query, which vmc itself does not use.
 */
bool emulator_is_meant(char *const *argv);

/* Returns the exit status, or -1. */
int emulator_main(char **argv, struct error *err);

#endif
