/*
 * The host side of a bridge: the interface, its addresses, forwarding and address translation. Uses
 * ip(8) and nft(8), from the packages iproute2 and nftables. All functions need the lock of the
 * bridge's lease room.
 */
#ifndef VMC_HOST_NETWORK_BRIDGE_SETUP_H
#define VMC_HOST_NETWORK_BRIDGE_SETUP_H

#include "common/error.h"
#include "host/network/lease.h"

/*
 * One number determines a bridge's networks: 10.118.NUMBER.0/24 and fd76:6d63:0:NUMBER::/64; the
 * bridge itself is number 1 in them.
 */
struct bridge_plan {
    char name[INTERFACE_NAME_SIZE];
    unsigned number;
    bool forwarding, forwarding6; /* vmc has switched it on, and switches it off at the end */
    bool nat6;                    /* IPv6 leaves the bridge, too */
};

#define BRIDGE_LENGTH 24
#define BRIDGE_LENGTH6 64
/* Host numbers for containers. */
#define BRIDGE_FIRST 2
#define BRIDGE_LAST 254

void bridge_address(const struct bridge_plan *plan, unsigned host, char ret[NET_ADDRESS_TEXT]);
void bridge_address6(const struct bridge_plan *plan, unsigned host, char ret[NET_ADDRESS_TEXT]);

/*
 * Makes the bridge, or reuses the one that earlier containers still use. Fails if vmc did not make
 * the interface of that name. live: the number of containers on it.
 */
int bridge_set_up(const struct lease_room *room, unsigned live, struct bridge_plan *ret,
                  struct error *err);

/* Undoes it, from the note. Failures are not errors of this run. */
void bridge_tear_down(const struct lease_room *room);

/* Makes an interface that is up a port of the bridge. */
int bridge_add_port(const struct bridge_plan *plan, const char *interface, struct error *err);

/* The rules, for nft(8); pure. Owned by the caller. */
char *bridge_rules(const struct bridge_plan *plan);

#endif
