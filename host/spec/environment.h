/*
 * The workload's environment: defaults, then --env-file, then --env, later ones winning.
 */
#ifndef VMC_HOST_SPEC_ENVIRONMENT_H
#define VMC_HOST_SPEC_ENVIRONMENT_H

#include <stdbool.h>

#include "common/error.h"
#include "common/util.h"
#include "host/cli/request.h"

/*
 * Adds "NAME=VALUE" entries to *ret, each name once. The caller's environment is read only for a
 * bare NAME, and for TERM with tty.
 */
int environment_resolve(const struct request *req, bool tty, struct strings *ret,
                        struct error *err);

/* The same without the defaults: for a process in a container that has an environment. */
int environment_given(const struct request *req, bool tty, struct strings *ret, struct error *err);

/* Adds entries to an environment; one replaces the entry of its name. */
void environment_merge(struct strings *env, const struct strings *more);

#endif
