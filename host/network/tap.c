/*
 * A tap interface that the administrator has prepared: vmc connects the machine to it and touches
 * nothing else on the host.
 */
#include <net/if.h>
#include <stdio.h>

#include "host/network/dns.h"
#include "host/network/network.h"
#include "host/network/tap_device.h"

#define TAP_MTU 1500

static void add_address(struct network_guest *guest, const struct net_prefix *ip,
                        const struct net_address *gateway)
{
    char text[NET_ADDRESS_TEXT];
    if (ip->address.family == AF_UNSPEC)
        return;
    net_address_format(&ip->address, text);
    strings_addf(&guest->addresses, "%s/%u", text, ip->length);
    if (gateway->family == AF_UNSPEC)
        return;
    net_address_format(gateway, text);
    strings_add(&guest->gateways, text);
}

static int prepare(struct network *network, struct error *err)
{
    const struct network_spec *spec = network->spec;
    char name[INTERFACE_NAME_SIZE];
    snprintf(name, sizeof(name), "%s", spec->interface);
    /* tun(4) would make one, for root. */
    if (if_nametoindex(name) == 0)
        return error_errno(err, "--net tap: interface %s", name);
    if (tap_open(name, &network->link.fd, err) < 0)
        return error_wrap(err, "--net tap");
    network->link.kind = LINK_TAP;
    network->guest.mtu = TAP_MTU;
    add_address(&network->guest, &spec->ip, &spec->gateway);
    add_address(&network->guest, &spec->ip6, &spec->gateway6);
    if (network->guest.gateways.count > 0)
        dns_remote(&network->guest);
    return 0;
}

const struct network_ops network_tap = {
    .name = "tap",
    .prepare = prepare,
};
