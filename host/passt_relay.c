#include "host/passt_relay.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "host/forwarder.h"
#include "host/network_ports.h"

static bool is_relayed(const struct network *network, const struct publish *port)
{
    return port->udp && net_address_is_loopback(&port->address) && !network->spec->host_loopback;
}

/* An address of this host that is valid beyond one link; false if there is none. */
static bool is_source(const struct ifaddrs *i, sa_family_t family, struct net_address *ret)
{
    if (!i->ifa_addr || i->ifa_addr->sa_family != family || (i->ifa_flags & IFF_LOOPBACK) ||
        !(i->ifa_flags & IFF_UP))
        return false;
    *ret = (struct net_address){.family = family};
    if (family == AF_INET)
        ret->v4 = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
    else
        ret->v6 = ((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
    return family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&ret->v6);
}

static int find_source(const struct publish *port, struct net_address *ret, struct error *err)
{
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all) < 0)
        return error_errno(err, "cannot list this host's addresses");
    for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next)
        found = is_source(i, port->address.family, ret);
    freeifaddrs(all);
    if (found)
        return 0;
    AUTO_FREE char *where = net_address_with_port(&port->address, port->host_port);
    return error_set(
        err,
        "--publish %s/udp: on a host that has no other address of this family, passt "
        "answers datagrams from the loopback only with --net user:host-loopback, which "
        "opens this host's loopback to the guest",
        where);
}

/* Takes the published port, and moves passt's end of it to a free one. */
static int add_forward(struct publish *inner, struct forward *ret, struct error *err)
{
    struct net_address source;
    const struct publish published = *inner;
    if (find_source(inner, &source, err) < 0 || port_find_free(inner, err) < 0 ||
        forward_open(&published, &inner->address, ret, err) < 0)
        return -1;
    ret->guest_port = inner->host_port;
    ret->source = source;
    return 0;
}

int passt_relay_start(struct network *network, struct error *err)
{
    size_t count = network->spec->port_count, open = 0;
    struct forward *forwards = xcalloc(count, sizeof(*forwards));
    int result = 0;
    network->inner = xcalloc(count, sizeof(*network->inner));
    for (size_t i = 0; i < count && result == 0; i++) {
        network->inner[i] = network->ports[i];
        if (!is_relayed(network, &network->inner[i]))
            continue;
        result = add_forward(&network->inner[i], &forwards[open], err);
        open += result == 0;
    }
    if (result == 0 && open > 0)
        result = forwarder_start(forwards, open, &network->life_fd, &network->forwarder, err);
    for (size_t i = 0; i < open; i++)
        close_fd(&forwards[i].fd);
    free(forwards);
    return result;
}
