/*
 * The container's network interfaces, through rtnetlink(7). Called in the network namespace they
 * are for.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_NETWORK_H
#define VMC_GUEST_AGENT_CONTAINER_NETWORK_H

#include <sys/types.h>

#include "common/container_config.h"
#include "common/error.h"

/* Brings "lo" up; the kernel gives it 127.0.0.1 and ::1. A kernel without IPv4 is not a failure. */
int network_raise_loopback(struct error *err);

/* Brings the interface of that number up. */
int network_set_up(unsigned index, struct error *err);

/* Moves an interface of this network namespace into that of the process pid. */
int network_move(const char *interface, pid_t pid, struct error *err);

/*
 * Gives the configured interface its hardware address, mtu and addresses, brings it up and adds
 * the default routes. Does nothing when the configuration has no interface.
 */
int network_configure(const struct network_config *config, struct error *err);

#endif
