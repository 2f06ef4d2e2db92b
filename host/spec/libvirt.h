/*
 * --libvirt[=URI]: whose domain the machine is to be.
 */
#ifndef VMC_HOST_SPEC_LIBVIRT_H
#define VMC_HOST_SPEC_LIBVIRT_H

#include "host/spec/spec.h"

/* Sets spec->libvirt, a string of the request's or a constant. Call when the architecture is known.
 */
int libvirt_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
