/*
 * QEMU's command line. Pure, with golden tests.
 */
#ifndef VMC_HOST_BACKEND_QEMU_ARGV_H
#define VMC_HOST_BACKEND_QEMU_ARGV_H

#include "host/machine/machine.h"

/*
 * The descriptors QEMU inherits, by their numbers there: connected sockets, except the disk images,
 * a tap interface and a template's state, which is in a pipe. QEMU's only other descriptors are its
 * stdin, stdout and stderr.
 */
enum qemu_fd {
    QEMU_FD_CONTROL = 3,
    QEMU_FD_DATA,
    QEMU_FD_CONSOLE,
    QEMU_FD_SERIAL,
    QEMU_FD_MONITOR,
    QEMU_FD_DISK,
    QEMU_FD_SWAP,
    QEMU_FD_NET,
    QEMU_FD_GDB,
    QEMU_FD_DUMP,
    QEMU_FD_STATE,
    QEMU_FD_IMAGE,
    QEMU_FD_FILES, /* and on: that of the i-th share */
    QEMU_FD_END = QEMU_FD_FILES + MACHINE_SHARES_MAX,
};

/* Appends argv[0] and all arguments. tsc_khz: see tsc.h; 0: the guest measures it. */
void qemu_argv(const struct machine_request *request, unsigned tsc_khz, struct strings *ret);

/*
 * True if the guest can give memory back. A machine with every other device, three kinds of volumes
 * and two disks, may have no room for this one.
 */
bool qemu_has_balloon(const struct machine_request *request);

/* The devices with descriptors from vmc: file servers, disks and the network. */
void qemu_argv_descriptors(const struct machine_request *request, struct strings *ret);

/* The kernel's command line. Owned by the caller. */
char *qemu_kernel_parameters(const struct machine_request *request, unsigned tsc_khz);

/*
 * A value inside one of QEMU's comma-separated option lists: a comma is written twice. Owned by
 * the caller. (QEMU's manual, "Invocation".)
 */
char *qemu_escape(const char *value);

#endif
