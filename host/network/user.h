/*
 * The common part of passt and QEMU's user network: the guest's addresses, and its view of the
 * host's name servers.
 */
#ifndef VMC_HOST_NETWORK_USER_H
#define VMC_HOST_NETWORK_USER_H

#include "host/network/network.h"

/* QEMU's own traditional network, and a unique local IPv6 one, RFC 4193. */
#define USER_ADDRESS "10.0.2.15"
#define USER_GATEWAY "10.0.2.2"
#define USER_DNS "10.0.2.3"
#define USER_LENGTH 24
#define USER_PREFIX6 "fd76:6d63::"
#define USER_ADDRESS6 "fd76:6d63::15"
/* Link-local, as routers are: passt maps the host's loopback only to such an address. */
#define USER_GATEWAY6 "fe80::2"
/* QEMU itself answers here. It is the router at fe80::2, too. */
#define USER_HOST6 "fd76:6d63::2"
#define USER_DNS6 "fd76:6d63::3"
#define USER_LENGTH6 64

/* Why passt cannot send a guest's ping, ping(7) and icmp(7), and the way out. */
#define PING_ADVICE                                                                                \
    "sysctl net.ipv4.ping_group_range of this host leaves passt's group out (-w "                  \
    "net.ipv4.ping_group_range='0 2147483647' allows it)"

/* Which of the two forwarder addresses the guest uses. */
struct user_dns {
    bool forward, forward6;
};

/*
 * Fills in the guest's addresses. A name server that listens on the host's loopback is reached
 * through the forwarder; the others at their own addresses, for TCP as well.
 */
void user_guest(struct network_guest *guest, bool ipv6, struct user_dns *ret);

/* passt's command line. interface: a host interface, see network/passt.c. */
void passt_argv(const struct network *network, const char *interface, bool ipv6,
                const struct user_dns *dns, struct strings *ret);

/* What follows "user,id=..," in QEMU's -netdev. Owned by the caller. */
char *slirp_options(const struct network *network);

#endif
