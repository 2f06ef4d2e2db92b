/*
 * The process that serves published ports of a container on a bridge: it accepts on the host's
 * addresses, loopback included, and connects to the guest. It sees clients' addresses, the guest
 * sees the bridge's. (Address translation in the kernel does not reach the loopback without
 * net.ipv4.conf.*.route_localnet, and not at all with IPv6.)
 */
#ifndef VMC_HOST_NETWORK_FORWARDER_H
#define VMC_HOST_NETWORK_FORWARDER_H

#include "common/error.h"
#include "host/base/child.h"
#include "host/spec/network.h"

/* One published port. */
struct forward {
    int fd; /* bound, and listening if it is TCP; owned by the owner of the structure */
    bool udp;
    struct net_address guest;
    uint16_t guest_port;
};

/* Binds a port; the caller closes ret->fd. Errors name the port. */
int forward_open(const struct publish *port, const struct net_address *guest, struct forward *ret,
                 struct error *err);

/*
 * Starts the process, as nobody when root calls. It ends when *ret_life_fd, which the caller owns,
 * is closed, and when vmc ends. It keeps only the descriptors of the forwards, and can make only
 * the system calls of its loop.
 */
int forwarder_start(const struct forward *forwards, size_t count, int *ret_life_fd,
                    struct child_process *ret, struct error *err);

#endif
