/*
 * QEMU, in its jail: as a child of vmc's, whoever made its command line.
 */
#ifndef VMC_HOST_QEMU_H
#define VMC_HOST_QEMU_H

#include "host/machine.h"

/* A machine of vmc's own. Layers that the jail lacks are noted. */
int qemu_start(const struct machine_request *request, struct machine *ret,
               struct isolation *isolation, struct error *err);

/*
 * QEMU with this command line, argv[0] being the request's hypervisor. fds[i] becomes descriptor i
 * (-1: none); they stay the caller's, too.
 */
int qemu_start_in_jail(const struct machine_request *request, struct strings *argv, const int *fds,
                       size_t fd_count, struct jailed *ret, struct isolation *isolation,
                       struct error *err);

/* What the guest is told of its counter, tsc.h; 0: nothing. Takes up to 2 ms. */
unsigned qemu_tsc_khz(const struct machine_request *request);

#endif
