/*
 * A virtual machine, whatever runs it. A backend turns a machine_request into a running machine
 * with these descriptors; everything after that is the same for all.
 */
#ifndef VMC_HOST_MACHINE_H
#define VMC_HOST_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"
#include "host/debugging.h"
#include "host/guest_image.h"
#include "host/id_range.h"
#include "host/isolation.h"
#include "host/jail.h"
#include "host/libvirt.h"
#include "host/network.h"
#include "host/rootfs.h"
#include "host/spec.h"
#include "host/tsc.h"
#include "host/volumes.h"

/* What a backend is asked for. All borrowed for the time of the call. */
struct machine_request {
    const struct vm_spec *spec;
    enum accel accel; /* ACCEL_KVM or ACCEL_TCG: the ladder has decided */
    const char *vmm;  /* path of the hypervisor's binary */
    const struct guest_image *image;
    const struct container *container;
    const struct id_range *ids; /* the container's on the host, or none */
    bool privileged;            /* vmc is the host's root, and in no user namespace */
    const struct rootfs *rootfs;
    int swap_fd; /* the image of the disk for swap, or -1 */
    const struct volumes *volumes;
    const struct network *network;
    const struct debugging *debugging;
    const struct tsc_reading *tsc; /* taken at the start of vmc */
    struct libvirt *libvirt;       /* who is to run it as a domain; NULL: vmc does it itself */
};

/* Whether the machine is one that stops by itself, and says so. */
static inline bool machine_has_monitor(const struct machine_request *request)
{
    return request->accel == ACCEL_KVM || request->spec->debugging.crash_dump;
}

/* A running machine. Owns everything in it. */
struct machine {
    struct jailed process; /* the hypervisor's; its pidfd is readable when it has ended */
    int control_fd;        /* the guest's ports, protocol.h */
    int data_fd;
    int console_fd; /* the kernel's console, from the guest only */
    int serial_fd;  /* the serial line: the workload's terminal, and the kernel's first words */
    int errors_fd;  /* the hypervisor's own stderr */
    int monitor_fd; /* QMP; -1 where there is none */
    int keeper_fd;  /* at its end when libvirt has ended the domain; -1 where there is none */
    struct libvirt *libvirt; /* borrowed: who has to be told that it is gone; NULL: nobody */
};

#define MACHINE_INIT                                                                               \
    {                                                                                              \
        .process = JAILED_INIT, .control_fd = -1, .data_fd = -1, .console_fd = -1,                 \
        .serial_fd = -1, .errors_fd = -1, .monitor_fd = -1, .keeper_fd = -1                        \
    }

/*
 * Starts QEMU in its jail, vmc itself (qemu.c) or as a domain of libvirt's (libvirt.c). Layers that
 * the jail lacks are noted.
 */
int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err);

/* Finds the hypervisor's binary; *ret_path is owned by the caller. */
int qemu_find(const struct arch *arch, char **ret_path, struct error *err);

/*
 * Kills the machine's process, waits for it and closes the descriptors. Accepts one that never
 * started, or is stopped already.
 */
void machine_stop(struct machine *m);

#endif
