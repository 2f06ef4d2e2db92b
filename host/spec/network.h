/*
 * What --net, --publish and their companions ask for, checked. Pure: no interface, no port and no
 * program is looked at here; network.h does that.
 */
#ifndef VMC_HOST_SPEC_NETWORK_H
#define VMC_HOST_SPEC_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "host/base/net_address.h"
#include "host/cli/request.h"

enum network_mode {
    NETWORK_NONE,   /* only the loopback interface */
    NETWORK_USER,   /* passt, or QEMU's user network */
    NETWORK_BRIDGE, /* vmc's own bridge, with addresses and NAT */
    NETWORK_TAP,    /* a prepared interface */
};

/* More than that is a mistake, and a forwarder's descriptors are limited. */
#define PUBLISH_MAX 1024

/* One published port. */
struct publish {
    struct net_address address; /* on the host */
    bool udp;
    uint16_t host_port; /* 0: any that is free */
    uint16_t guest_port;
};

/* An address and the length of its network's prefix. */
struct net_prefix {
    struct net_address address; /* AF_UNSPEC: not given */
    unsigned length;            /* 0: not given */
};

#define MAC_TEXT_SIZE 18
#define INTERFACE_NAME_SIZE 16 /* IFNAMSIZ */

struct network_spec {
    enum network_mode mode;
    bool host_loopback;                  /* user: the gateway is the host's loopback */
    char interface[INTERFACE_NAME_SIZE]; /* of the bridge or the tap */
    struct net_prefix ip, ip6;
    struct net_address gateway, gateway6;
    char mac[MAC_TEXT_SIZE]; /* "": generated for each run */
    struct publish *ports;   /* owned; ranges are expanded */
    size_t port_count;
};

/* The name --net uses. */
const char *network_mode_name(enum network_mode mode);

/* *ret is filled also after a failure: network_spec_free(). */
int network_spec_resolve(const struct request *req, struct network_spec *ret, struct error *err);
void network_spec_free(struct network_spec *spec);

/* One value of --publish, appended to the ports; apart for tests. */
int publish_parse(const struct setting *s, struct network_spec *spec, struct error *err);

#endif
