/*
 * Tap interfaces, Documentation/networking/tuntap.rst in the kernel.
 */
#ifndef VMC_HOST_NETWORK_TAP_DEVICE_H
#define VMC_HOST_NETWORK_TAP_DEVICE_H

#include "common/error.h"
#include "host/spec/network.h"

/*
 * Attaches to the tap interface of that name, or makes a new one; the kernel replaces a %d in the
 * name by a number. *ret_fd is owned by the caller; a new interface is gone when it is closed. name
 * becomes the interface's actual name.
 */
int tap_open(char name[INTERFACE_NAME_SIZE], int *ret_fd, struct error *err);

#endif
