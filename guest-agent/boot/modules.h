/*
 * Kernel modules, for a kernel that does not have everything built in: a distribution's.
 */
#ifndef VMC_GUEST_AGENT_BOOT_MODULES_H
#define VMC_GUEST_AGENT_BOOT_MODULES_H

#include "common/error.h"

/*
 * Loads the files that /modules/order of the initramfs names, one a line, in that order. Without
 * that list there is nothing to load. One that is loaded already, or built in, is not an error.
 * finit_module(2).
 */
int modules_load(struct error *err);

#endif
