/*
 * Published ports on the host: checked before anything depends on them.
 */
#ifndef VMC_HOST_NETWORK_PORTS_H
#define VMC_HOST_NETWORK_PORTS_H

#include <stddef.h>

#include "common/error.h"
#include "host/spec/network.h"

/*
 * Binds every port once and releases it, so that a port that is taken or not allowed is reported
 * here; the process that serves it may still lose a race, and then reports that. A host port of 0
 * gets a free number, and a notice says which.
 */
int ports_choose(struct publish *ports, size_t count, struct error *err);

/* A socket bound to the port, owned by the caller; -1: the error says why, and for which option. */
int port_bind(const char *option, const struct publish *port, struct error *err);

#endif
