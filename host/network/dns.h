/*
 * Name servers for guests that have no forwarder to the host's loopback.
 */
#ifndef VMC_HOST_NETWORK_DNS_H
#define VMC_HOST_NETWORK_DNS_H

#include "host/network/network.h"

/*
 * Adds the host's name servers that can be reached from outside it. If all listen on the loopback,
 * adds the ones that systemd-resolved itself asks. False if there are none.
 */
bool dns_remote(struct network_guest *guest);

#endif
