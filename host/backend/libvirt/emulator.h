/*
 * vmc as libvirt's emulator. For a domain of vmc's it hands over and stands in (handover.h).
 * Without one libvirt asks what QEMU can do, before the first domain and after each change of the
 * file: then QEMU itself answers.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_EMULATOR_H
#define VMC_HOST_BACKEND_LIBVIRT_EMULATOR_H

#include <stdbool.h>

#include "common/error.h"

/*
 * libvirt has started this process: the variable says so, or the words that its question to an
 * emulator begins with, which are none of vmc's.
 */
bool emulator_is_meant(char *const *argv);

/* Returns the exit status, or -1. */
int emulator_main(char **argv, struct error *err);

#endif
