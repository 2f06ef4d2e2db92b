#include "host/network/user.h"

#include "host/base/resolver.h"

static void add_once(struct strings *list, const char *text, bool *done)
{
    if (!*done)
        strings_add(list, text);
    *done = true;
}

void user_guest(struct network_guest *guest, bool ipv6, struct user_dns *ret)
{
    struct net_address servers[RESOLVER_MAX];
    size_t count = resolver_read("/etc/resolv.conf", servers);
    strings_addf(&guest->addresses, "%s/%d", USER_ADDRESS, USER_LENGTH);
    strings_add(&guest->gateways, USER_GATEWAY);
    if (ipv6) {
        strings_addf(&guest->addresses, "%s/%d", USER_ADDRESS6, USER_LENGTH6);
        strings_add(&guest->gateways, USER_GATEWAY6);
    }
    for (size_t i = 0; i < count; i++) {
        bool v4 = servers[i].family == AF_INET;
        char text[NET_ADDRESS_TEXT];
        net_address_format(&servers[i], text);
        if (!v4 && !ipv6)
            continue;
        if (!net_address_is_loopback(&servers[i]))
            strings_add(&guest->nameservers, text);
        else if (v4)
            add_once(&guest->nameservers, USER_DNS, &ret->forward);
        else
            add_once(&guest->nameservers, USER_DNS6, &ret->forward6);
    }
}
