/*
 * --libvirt[=URI]: whose domain the machine is to be.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_SPEC_H
#define VMC_HOST_BACKEND_LIBVIRT_SPEC_H

#include "host/spec/spec.h"

/* Sets spec->libvirt, a string of the request's or a constant. Call when the architecture is known.
 */
int libvirt_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
