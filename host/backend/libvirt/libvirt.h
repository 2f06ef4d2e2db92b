/*
 * --libvirt: the machine as a transient domain of libvirt's. libvirt makes QEMU's command line from
 * the domain's XML (backend/libvirt/xml.h) and starts vmc as the domain's emulator, which hands
 * what it was given over to the vmc of the run (handover.h); that starts QEMU in its jail. So
 * libvirt has its domain, its monitor and its say over the domain's end, and QEMU has the
 * namespaces in which vmc has mounted its files, and every layer of the jail.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_LIBVIRT_H
#define VMC_HOST_BACKEND_LIBVIRT_LIBVIRT_H

#include <stdbool.h>

#include "common/error.h"
#include "host/base/child.h"

struct machine_ops;

/* The connection of one run. */
struct libvirt {
    struct child client; /* backend/libvirt/client.h */
    int socket;          /* to it; -1: none */
    unsigned pending;    /* answers that are still to come */
    int signal_fd;       /* borrowed: signals.h */
    bool root;           /* the daemon's emulators are to be root's, as vmc is */
};

#define LIBVIRT_INIT                                                                               \
    {                                                                                              \
        .client = CHILD_INIT, .socket = -1, .signal_fd = -1                                        \
    }

/*
 * Begins to connect. Call before namespaces_enter(): it is the caller who connects. A signal at
 * signal_fd ends a wait for libvirt.
 */
int libvirt_prepare(const char *uri, int signal_fd, struct libvirt *ret, struct error *err);

extern const struct machine_ops libvirt_ops;

/* Accepts one that was never prepared, or is released already. */
void libvirt_release(struct libvirt *libvirt);

#endif
