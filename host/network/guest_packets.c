#include "host/network/guest_packets.h"

#include <netinet/in.h>
#include <string.h>

/* Sizes of headers without options, and where their fields are: IEEE 802.3, RFC 8200. */
enum {
    ETHERNET_SIZE = 14,
    ETHERNET_TYPE = 12,
    IPV6_SIZE = 40,
    IPV6_ADDRESSES = 8,
};

static bool is_ipv6(const uint8_t *frame)
{
    return frame[ETHERNET_TYPE] == 0x86 && frame[ETHERNET_TYPE + 1] == 0xdd;
}

bool packet_is_link_talk(const uint8_t *frame, size_t length)
{
    static const struct in6_addr mld_routers = {{{0xff, 2, [15] = 0x16}}},
                                 routers = {{{0xff, 2, [15] = 2}}};
    struct in6_addr from, to;
    if (length < ETHERNET_SIZE + IPV6_SIZE || !is_ipv6(frame))
        return false;
    memcpy(&from, frame + ETHERNET_SIZE + IPV6_ADDRESSES, sizeof(from));
    memcpy(&to, frame + ETHERNET_SIZE + IPV6_ADDRESSES + sizeof(from), sizeof(to));
    return IN6_IS_ADDR_UNSPECIFIED(&from) || IN6_ARE_ADDR_EQUAL(&to, &mld_routers) ||
           IN6_ARE_ADDR_EQUAL(&to, &routers);
}
