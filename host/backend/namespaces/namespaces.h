/*
 * The backend of --host: a plain container on the host's own kernel. The guest's agent runs as root
 * of a user namespace, in its own namespaces, and builds the same container there as in a machine.
 * The options that it supports are in spec.c.
 */
#ifndef VMC_HOST_BACKEND_NAMESPACES_NAMESPACES_H
#define VMC_HOST_BACKEND_NAMESPACES_NAMESPACES_H

#include "host/machine/machine.h"
#include "host/spec/backend.h"

extern const struct machine_ops namespaces_ops;

extern const struct backend_spec namespaces_spec;

#endif
