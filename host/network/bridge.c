/*
 * A bridge of vmc's own: each container has a tap interface on it and an address that no other
 * container has. The last one to leave removes the bridge; whatever a killed one left, the next one
 * removes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "host/network/bridge_setup.h"
#include "host/network/dns.h"
#include "host/network/forwarder.h"
#include "host/network/network.h"
#include "host/network/tap_device.h"

#define BRIDGE_MTU 1500

/* One container's part of a bridge. */
struct bridge {
    struct lease_room room;
    struct bridge_plan plan;
    bool entered;
    char ip[NET_ADDRESS_TEXT], ip6[NET_ADDRESS_TEXT];
    int lease, lease6; /* -1: none */
};

/* ---- addresses ---- */

/* True if the address is in the bridge's network and a container may have it. */
static bool is_inside(const struct bridge_plan *plan, const struct net_address *address)
{
    struct net_address network;
    char text[NET_ADDRESS_TEXT];
    if (address->family == AF_INET) {
        bridge_address(plan, 0, text);
        net_address_parse(text, &network);
        unsigned host = ntohl(address->v4.s_addr) - ntohl(network.v4.s_addr);
        return host >= BRIDGE_FIRST && host <= BRIDGE_LAST;
    }
    bridge_address6(plan, 0, text);
    net_address_parse(text, &network);
    if (memcmp(&address->v6, &network.v6, BRIDGE_LENGTH6 / 8) != 0 ||
        net_address_equal(address, &network))
        return false;
    bridge_address6(plan, 1, text);
    net_address_parse(text, &network);
    return !net_address_equal(address, &network);
}

/* The address of --ip or --ip6. */
static int take_wanted(const struct bridge *b, const char *option, const struct net_address *wanted,
                       char text[NET_ADDRESS_TEXT], int *ret_lease, struct error *err)
{
    char first[NET_ADDRESS_TEXT], last[NET_ADDRESS_TEXT];
    bool v4 = wanted->family == AF_INET;
    (v4 ? bridge_address : bridge_address6)(&b->plan, BRIDGE_FIRST, first);
    (v4 ? bridge_address : bridge_address6)(&b->plan, v4 ? BRIDGE_LAST : 0xffff, last);
    net_address_format(wanted, text);
    if (!is_inside(&b->plan, wanted))
        return error_set(err, "%s %s is not on the bridge %s (%s to %s)", option, text,
                         b->plan.name, first, last);
    if (lease_take(&b->room, text, ret_lease, err) < 0)
        return -1;
    return *ret_lease >= 0 ? 0 : error_set(err, "%s %s: another container has it", option, text);
}

typedef void address_maker(const struct bridge_plan *plan, unsigned host,
                           char ret[NET_ADDRESS_TEXT]);

static int take_free(const struct bridge *b, address_maker *make, char text[NET_ADDRESS_TEXT],
                     int *ret_lease, struct error *err)
{
    for (unsigned host = BRIDGE_FIRST; host <= BRIDGE_LAST; host++) {
        make(&b->plan, host, text);
        if (lease_take(&b->room, text, ret_lease, err) < 0)
            return -1;
        if (*ret_lease >= 0)
            return 0;
    }
    return error_set(err, "--net bridge: all addresses of %s are taken", b->plan.name);
}

static int take_addresses(struct bridge *b, const struct network_spec *spec, struct error *err)
{
    int v4 = spec->ip.address.family
                 ? take_wanted(b, "--ip", &spec->ip.address, b->ip, &b->lease, err)
                 : take_free(b, bridge_address, b->ip, &b->lease, err);
    if (v4 < 0)
        return -1;
    return spec->ip6.address.family
               ? take_wanted(b, "--ip6", &spec->ip6.address, b->ip6, &b->lease6, err)
               : take_free(b, bridge_address6, b->ip6, &b->lease6, err);
}

static void tell_guest(const struct bridge *b, struct network_guest *guest)
{
    char gateway[NET_ADDRESS_TEXT];
    guest->mtu = BRIDGE_MTU;
    strings_addf(&guest->addresses, "%s/%d", b->ip, BRIDGE_LENGTH);
    strings_addf(&guest->addresses, "%s/%d", b->ip6, BRIDGE_LENGTH6);
    bridge_address(&b->plan, 1, gateway);
    strings_add(&guest->gateways, gateway);
    if (b->plan.nat6) {
        bridge_address6(&b->plan, 1, gateway);
        strings_add(&guest->gateways, gateway);
    }
    if (!dns_remote(guest))
        log_debug("network: no name server outside the host's loopback");
}

/* ---- ports ---- */

static int publish(struct network *network, struct error *err)
{
    const struct bridge *b = network->bridge;
    size_t count = network->spec->port_count, open = 0;
    struct forward *forwards = xcalloc(count, sizeof(*forwards));
    struct net_address guest;
    int result = 0;
    net_address_parse(b->ip, &guest);
    while (result == 0 && open < count)
        if ((result = forward_open(&network->ports[open], &guest, &forwards[open], err)) == 0)
            open++;
    if (result == 0 && count > 0)
        result = forwarder_start(forwards, count, &network->life_fd, &network->forwarder, err);
    for (size_t i = 0; i < open; i++)
        close_fd(&forwards[i].fd);
    free(forwards);
    return result;
}

/* ---- leftovers ---- */

static void sweep_bridge(const char *name)
{
    struct lease_room room = LEASE_ROOM_INIT;
    struct error err = ERROR_INIT;
    if (lease_room_enter(name, &room, &err) < 0) {
        log_debug("%s", err.text);
    } else if (lease_sweep(&room) == 0) {
        bridge_tear_down(&room);
        lease_room_remove(&room);
    }
    lease_room_close(&room);
}

void network_sweep(void)
{
    AUTO_STRINGS struct strings bridges = {0};
    if (geteuid() == 0)
        lease_bridges(&bridges);
    for (size_t i = 0; i < bridges.count; i++)
        sweep_bridge(bridges.items[i]);
}

/* ---- the network's operations ---- */

static int connect_machine(struct network *network, struct error *err)
{
    struct bridge *b = network->bridge;
    char tap[INTERFACE_NAME_SIZE] = "vmc-tap%d";
    if (take_addresses(b, network->spec, err) < 0)
        return -1;
    if (tap_open(tap, &network->link.fd, err) < 0 || bridge_add_port(&b->plan, tap, err) < 0)
        return error_wrap(err, "--net bridge");
    network->link.kind = LINK_TAP;
    tell_guest(b, &network->guest);
    return 0;
}

static int prepare(struct network *network, struct error *err)
{
    struct bridge *b = xcalloc(1, sizeof(*b));
    *b = (struct bridge){.room = LEASE_ROOM_INIT, .lease = -1, .lease6 = -1};
    network->bridge = b;
    if (lease_room_enter(network->spec->interface, &b->room, err) < 0)
        return -1;
    b->entered = true;
    unsigned live = lease_sweep(&b->room);
    int result = bridge_set_up(&b->room, live, &b->plan, err);
    if (result == 0)
        result = connect_machine(network, err);
    lease_room_leave(&b->room);
    return result == 0 ? publish(network, err) : -1;
}

static void release(struct network *network)
{
    struct bridge *b = network->bridge;
    struct error err = ERROR_INIT;
    if (!b)
        return;
    if (b->entered && lease_room_reenter(&b->room, &err) == 0) {
        lease_drop(&b->room, b->ip, &b->lease);
        lease_drop(&b->room, b->ip6, &b->lease6);
        if (lease_sweep(&b->room) == 0) {
            bridge_tear_down(&b->room);
            lease_room_remove(&b->room);
        }
    } else if (b->entered) {
        log_debug("%s", err.text);
    }
    close_fd(&b->lease);
    close_fd(&b->lease6);
    lease_room_close(&b->room);
    free(b);
    network->bridge = NULL;
}

const struct network_ops network_bridge = {
    .name = "bridge",
    .prepare = prepare,
    .release = release,
};
