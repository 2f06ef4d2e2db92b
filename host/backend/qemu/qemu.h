/*
 * QEMU in its jail, as a child of vmc, with vmc's or libvirt's command line.
 */
#ifndef VMC_HOST_BACKEND_QEMU_QEMU_H
#define VMC_HOST_BACKEND_QEMU_QEMU_H

#include "host/machine/machine.h"
#include "host/spec/backend.h"

/* A machine made by vmc itself. */
extern const struct machine_ops qemu_ops;
extern const struct backend_spec qemu_spec;

/* As in machine_ops: QEMU's binary, and the image that the spec chooses. */
int qemu_find_files(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                    struct error *err);

/*
 * Starts QEMU with this command line; argv[0] is the request's hypervisor. fds[i] becomes
 * descriptor i (-1: none); the caller keeps them, too.
 */
int qemu_start_in_jail(const struct machine_request *request, struct strings *argv, const int *fds,
                       size_t fd_count, struct jailed *ret, struct isolation *isolation,
                       struct error *err);

/* The frequency given to the guest, tsc.h; 0: none. Takes up to 2 ms. */
unsigned qemu_tsc_khz(const struct machine_request *request);

#endif
