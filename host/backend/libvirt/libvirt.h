/*
 * --libvirt: the machine as a transient libvirt domain. libvirt makes QEMU's command line from the
 * domain's XML (backend/libvirt/xml.h) and starts vmc as the domain's emulator, which passes it on
 * to the vmc of the run (handover.h); that starts QEMU in its jail. So libvirt has its domain and
 * its monitor and can end the domain, and QEMU has the namespaces in which vmc has mounted its
 * files, and every layer of the jail.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_LIBVIRT_H
#define VMC_HOST_BACKEND_LIBVIRT_LIBVIRT_H

#include "host/machine/machine.h"
#include "host/spec/backend.h"

extern const struct machine_ops libvirt_ops;
extern const struct backend_spec libvirt_spec;

#endif
