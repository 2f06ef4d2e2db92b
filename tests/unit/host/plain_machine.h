/*
 * A request for a plain machine, and all that it borrows: a test changes what it is about.
 */
#ifndef VMC_TESTS_UNIT_PLAIN_MACHINE_H
#define VMC_TESTS_UNIT_PLAIN_MACHINE_H

#include "host/base/tsc.h"
#include "host/machine/debugging.h"
#include "host/machine/machine.h"

struct plain_machine {
    char share[64], kernel[64], initrd[64];
    struct guest_image image;
    struct rootfs rootfs;
    struct volumes volumes;
    struct network network;
    struct debugging debugging;
    struct tsc_reading tsc;
    struct machine_request request;
};

/* Points into *m, which stays where it is. */
static inline struct machine_request *plain_machine(struct plain_machine *m,
                                                    const struct vm_spec *spec)
{
    *m = (struct plain_machine){
        .share = "/run/vmc/1/share",
        .kernel = "/images/vmlinux",
        .initrd = "/images/initramfs.cpio",
        .rootfs = {.read_only = true, .image_fd = -1, .disk_fd = -1},
        .network = NETWORK_INIT,
        .debugging = DEBUGGING_INIT,
    };
    m->image = (struct guest_image){.kernel = m->kernel, .initrd = m->initrd};
    m->rootfs.share = m->share;
    m->request = (struct machine_request){
        .spec = spec,
        .accel = ACCEL_TCG,
        .vmm = "/usr/bin/qemu-system-x86_64",
        .image = &m->image,
        .rootfs = &m->rootfs,
        .swap_fd = -1,
        .volumes = &m->volumes,
        .network = &m->network,
        .debugging = &m->debugging,
        .tsc = &m->tsc,
    };
    return &m->request;
}

#endif
