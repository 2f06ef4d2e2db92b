/*
 * How a domain's QEMU gets into vmc's jail. libvirt starts a domain's emulator, which is vmc again
 * (emulator.h); it passes the command line and the descriptors from libvirt to the vmc of the run,
 * over a socket in that run's private directory, and from then on stands in for QEMU. So QEMU is a
 * child of the run's vmc, in the namespaces that hold its mounts, with all the layers that it has
 * without libvirt.
 *
 * One message each way (SOCK_SEQPACKET): the command line and descriptors; then HANDOVER_STARTED,
 * or a line that says why QEMU was not started. End of file ends either side: with the emulator the
 * domain, with vmc the machine.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_HANDOVER_H
#define VMC_HOST_BACKEND_LIBVIRT_HANDOVER_H

#include <stddef.h>

#include "common/error.h"
#include "common/fds.h"
#include "common/util.h"

/* The variable by which the emulator knows the socket. */
#define HANDOVER_VARIABLE "VMC_HANDOVER"
#define HANDOVER_STARTED "started"

#define HANDOVER_FDS_MAX FDS_MAX
/* The largest number of one: far beyond the daemon's own limit. */
#define HANDOVER_NUMBER_MAX 65535

struct handover {
    struct strings argv;
    int *fds; /* owned, with the descriptors: fds[i] was descriptor i; -1: none */
    size_t fd_count;
};

/* fds[i] becomes descriptor numbers[i]. */
int handover_send(int socket, char *const *argv, const int *numbers, const int *fds, size_t count,
                  struct error *err);

/* *ret is untouched on failure. Free with handover_free(). */
int handover_receive(int socket, struct handover *ret, struct error *err);

/* Closes the descriptors, too. Accepts a zero-initialised one. */
void handover_free(struct handover *handover);

#endif
