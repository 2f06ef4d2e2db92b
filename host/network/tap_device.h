/*
 * Tap interfaces, Documentation/networking/tuntap.rst in the kernel.
 */
#ifndef VMC_HOST_NETWORK_TAP_DEVICE_H
#define VMC_HOST_NETWORK_TAP_DEVICE_H

#include "common/error.h"
#include "host/spec/network.h"

/*
 * Attaches to the tap interface of that name, or makes a new one: with a %d in it the kernel puts
 * a number there. *ret_fd is owned by the caller; a new interface is gone when it is closed.
 * name gets the interface's own.
 */
int tap_open(char name[INTERFACE_NAME_SIZE], int *ret_fd, struct error *err);

#endif
