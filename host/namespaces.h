/*
 * The backend of --host: a plain container on the host's own kernel. The guest's agent runs as root
 * of a user namespace, in namespaces of its own, and builds the same container there that it builds
 * in a machine. Which options go without a machine is here, too.
 */
#ifndef VMC_HOST_NAMESPACES_H
#define VMC_HOST_NAMESPACES_H

#include "host/cli.h"
#include "host/machine.h"
#include "host/spec.h"

extern const struct machine_ops namespaces_ops;

/* Why the option means nothing without a machine of one's own; NULL if it does. Pure. */
const char *namespaces_refusal(enum option_id id);

/* Who enforces the option, where it is somebody else than in a machine; else NULL. Pure. */
const char *namespaces_layer(enum option_id id);

/* Refuses such options. Pure. */
int namespaces_check_options(const struct request *req, struct error *err);

/* Refuses values that cannot be had this way, in a spec that is otherwise resolved. */
int namespaces_check(const struct vm_spec *spec, struct error *err);

#endif
