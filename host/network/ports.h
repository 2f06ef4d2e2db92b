/*
 * Published ports on the host: whether they can be had, before anything depends on them.
 */
#ifndef VMC_HOST_NETWORK_PORTS_H
#define VMC_HOST_NETWORK_PORTS_H

#include <stddef.h>

#include "common/error.h"
#include "host/spec/network.h"

/*
 * Binds every port once and lets it go again, so that one that is taken or not allowed is named
 * here; whoever serves them may still lose a race, and says so then. A host port of 0 gets a
 * number that is free, and a line on stderr says which.
 */
int ports_choose(struct publish *ports, size_t count, struct error *err);

/* A socket that is bound to the port, owned by the caller; -1: not, and the error says why, and for
 * which option. */
int port_bind(const char *option, const struct publish *port, struct error *err);

#endif
