/*
 * A run's specification, from the command line and the files of preferences.
 */
#ifndef VMC_HOST_RUN_RESOLVE_H
#define VMC_HOST_RUN_RESOLVE_H

#include "host/cli/request.h"
#include "host/spec/spec.h"

/*
 * spec_resolve(), and the rule of preferences.h: 'vmc run' on QEMU becomes a run of User Mode Linux
 * where that is preferred, the command line chooses neither backend nor kernel, KVM is not usable,
 * and UML supports all that is asked for. *ret is freed by the caller, also after a failure.
 */
int run_resolve(const struct request *req, struct vm_spec *ret, struct error *err);

/* The same for a machine that is to be a template, which is always a QEMU machine. */
int run_resolve_template(const struct request *req, struct vm_spec *ret, struct error *err);

#endif
