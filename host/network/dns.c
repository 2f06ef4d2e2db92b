#include "host/network/dns.h"

#include "host/base/resolver.h"

#define RESOLV_CONF "/etc/resolv.conf"
/* systemd-resolved.service(8) */
#define UPLINK_RESOLV_CONF "/run/systemd/resolve/resolv.conf"

static bool add_from(const char *path, struct network_guest *guest)
{
    struct net_address servers[RESOLVER_MAX];
    size_t count = resolver_read(path, servers);
    char text[NET_ADDRESS_TEXT];
    for (size_t i = 0; i < count; i++) {
        if (net_address_is_loopback(&servers[i]))
            continue;
        net_address_format(&servers[i], text);
        strings_add(&guest->nameservers, text);
    }
    return guest->nameservers.count > 0;
}

bool dns_remote(struct network_guest *guest)
{
    return add_from(RESOLV_CONF, guest) || add_from(UPLINK_RESOLV_CONF, guest);
}
