#include "host/base/net_address.h"

#include <string.h>

#include "common/util.h"

bool net_address_parse(const char *text, struct net_address *ret)
{
    struct net_address address = {.family = AF_INET};
    if (inet_pton(AF_INET, text, &address.v4) != 1) {
        address.family = AF_INET6;
        if (inet_pton(AF_INET6, text, &address.v6) != 1)
            return false;
    }
    *ret = address;
    return true;
}

bool net_address_parse_host(const char *text, size_t length, struct net_address *ret)
{
    char address[NET_ADDRESS_TEXT] = "";
    bool bracket = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (bracket) {
        text++;
        length -= 2;
    }
    if (length >= sizeof(address))
        return false;
    memcpy(address, text, length);
    return net_address_parse(address, ret) && bracket == (ret->family == AF_INET6);
}

void net_address_format(const struct net_address *address, char ret_text[NET_ADDRESS_TEXT])
{
    ret_text[0] = '\0';
    if (address->family != AF_UNSPEC)
        inet_ntop(address->family, &address->v4, ret_text, NET_ADDRESS_TEXT);
}

char *net_address_with_port(const struct net_address *address, unsigned port)
{
    char text[NET_ADDRESS_TEXT];
    net_address_format(address, text);
    return xasprintf(address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    if (a->family != b->family)
        return false;
    if (a->family == AF_INET)
        return a->v4.s_addr == b->v4.s_addr;
    return a->family == AF_UNSPEC || memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0;
}

bool net_address_is_loopback(const struct net_address *address)
{
    if (address->family == AF_INET)
        return ntohl(address->v4.s_addr) >> 24 == IN_LOOPBACKNET;
    return address->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address->v6);
}

bool net_address_is_any(const struct net_address *address)
{
    if (address->family == AF_INET)
        return address->v4.s_addr == htonl(INADDR_ANY);
    return address->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6);
}

socklen_t net_address_socket(const struct net_address *address, uint16_t port,
                             struct sockaddr_storage *ret)
{
    *ret = (struct sockaddr_storage){.ss_family = address->family};
    if (address->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret;
        in->sin_port = htons(port);
        in->sin_addr = address->v4;
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
    in6->sin6_port = htons(port);
    in6->sin6_addr = address->v6;
    return sizeof(*in6);
}
