/*
 * What runs in the container: COMMAND and its arguments, as whom, where, with which environment and
 * for how long.
 */
#ifndef VMC_HOST_SPEC_WORKLOAD_H
#define VMC_HOST_SPEC_WORKLOAD_H

#include "host/cli/request.h"
#include "host/spec/spec.h"

/* Reads files of variables; --tty needs a terminal on standard input. */
int workload_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* Of one setting each, for whatever else says what a process is. The last looks at our own. */
int workload_check_user(const struct setting *s, struct error *err);
int workload_check_directory(const struct setting *s, struct error *err);
int workload_check_terminal(const struct setting *s, struct error *err);

#endif
