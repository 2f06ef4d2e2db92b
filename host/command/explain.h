/*
 * 'vmc run --explain': each setting of a command line, defaults included, and the layer that
 * enforces it.
 */
#ifndef VMC_HOST_COMMAND_EXPLAIN_H
#define VMC_HOST_COMMAND_EXPLAIN_H

#include "common/error.h"
#include "host/cli/request.h"

/* Checks the settings and prints on standard output: a table, or JSON with --json. */
int explain(const struct request *req, struct error *err);

#endif
