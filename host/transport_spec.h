/*
 * --rootfs-transport: how a machine of QEMU's reads the directory that is its root file system.
 */
#ifndef VMC_HOST_TRANSPORT_SPEC_H
#define VMC_HOST_TRANSPORT_SPEC_H

#include "host/cli.h"
#include "host/spec.h"

/* Into a spec whose root file system and kernel are resolved. */
int transport_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
