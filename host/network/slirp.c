/*
 * QEMU's own user network, if there is no usable passt. The hypervisor itself makes the
 * connections, so it has to stay in the host's network, and the run says so.
 */
#include "host/base/notice.h"
#include <string.h>

#include "host/network/user.h"

/* Ethernet's, which its TCP assumes. */
#define SLIRP_MTU 1500

static int check_ports(const struct network *network, struct error *err)
{
    for (size_t i = 0; i < network->spec->port_count; i++)
        if (network->ports[i].address.family != AF_INET)
            return error_set(err,
                             "--publish: QEMU's user network cannot publish a port on an IPv6 "
                             "address; passt can, but %s",
                             network->no_passt.text);
    return 0;
}

char *slirp_options(const struct network *network)
{
    char *options = xasprintf("net=10.0.2.0/%d,host=%s,dns=%s,ipv6-prefix=%s,ipv6-prefixlen=%d,"
                              "ipv6-host=%s,ipv6-dns=%s",
                              USER_LENGTH, USER_GATEWAY, USER_DNS, USER_PREFIX6, USER_LENGTH6,
                              USER_HOST6, USER_DNS6);
    for (size_t i = 0; i < network->spec->port_count; i++) {
        const struct publish *p = &network->ports[i];
        char address[NET_ADDRESS_TEXT];
        net_address_format(&p->address, address);
        char *longer = xasprintf("%s,hostfwd=%s:%s:%u-%s:%u", options, p->udp ? "udp" : "tcp",
                                 address, p->host_port, USER_ADDRESS, p->guest_port);
        free(options);
        options = longer;
    }
    return options;
}

static int prepare(struct network *network, struct error *err)
{
    struct user_dns dns = {false, false};
    if (check_ports(network, err) < 0)
        return -1;
    network->link.kind = LINK_IN_VMM;
    network->link.unjailed =
        xasprintf("%s; QEMU makes the guest's connections itself, in the host's network, its "
                  "loopback included",
                  network->no_passt.text);
    network->link.vmm_options = slirp_options(network);
    network->guest.mtu = SLIRP_MTU;
    user_guest(&network->guest, true, &dns);
    notice("%s; an aborted connection may look like one that has ended", network->link.unjailed);
    return 0;
}

const struct network_ops network_slirp = {
    .name = "QEMU's user network",
    .prepare = prepare,
};
