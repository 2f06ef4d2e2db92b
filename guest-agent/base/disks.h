/*
 * The machine's disks, found by the serial numbers that vmc gives them: common/contract.h.
 */
#ifndef VMC_GUEST_AGENT_BASE_DISKS_H
#define VMC_GUEST_AGENT_BASE_DISKS_H

#include "common/error.h"

/* *ret_path: its device node, owned by the caller. */
int disk_find(const char *serial, char **ret_path, struct error *err);

int disk_number(const char *serial, unsigned *ret_major, unsigned *ret_minor, struct error *err);

/* Formats the disk as swap space and uses it. mkswap(8), swapon(2) */
int disk_swap_on(const char *serial, struct error *err);

#endif
