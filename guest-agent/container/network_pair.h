/*
 * A pair of interfaces, veth(4), whose far end is the container's and whose near end is a
 * process's: a network device that needs no device node, so that a user namespace can have one.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_NETWORK_PAIR_H
#define VMC_GUEST_AGENT_CONTAINER_NETWORK_PAIR_H

#include <stdint.h>

#include "common/error.h"

/*
 * Makes the pair in this network namespace; the near end is up. Frames that come out of it are
 * whole, checksums included. mtu 0: the kernel's default.
 */
int network_make_pair(const char *far_end, const char *near_end, int64_t mtu, struct error *err);

/* A packet(7) socket for all frames at an interface; owned by the caller. -1 on failure. */
int network_open_packets(const char *interface, struct error *err);

#endif
