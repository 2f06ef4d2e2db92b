#include "host/guest_packets.h"

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

/* Sizes of headers without options, and where their fields are: IEEE 802.3, RFC 791, 8200, 9293. */
enum {
    ETHERNET_SIZE = 14,
    ETHERNET_TYPE = 12,
    IPV4_SIZE = 20,
    IPV4_FRAGMENT = 6,
    IPV4_PROTOCOL = 9,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV6_SIZE = 40,
    IPV6_NEXT = 6,
    IPV6_ADDRESSES = 8,
    TCP_SIZE = 20,
    TCP_SEQUENCE = 4,
    TCP_ACKNOWLEDGED = 8,
    TCP_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_WINDOW = 14,
    TCP_CHECKSUM = 16,
};

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

/*
 * What the guest may send before passt says more, in the unit that the one who asked for the
 * connection has chosen: 128 KiB in Linux' usual one, of 128 bytes.
 */
#define ACK_WINDOW 1024

static bool is_ipv6(const uint8_t *frame)
{
    return frame[ETHERNET_TYPE] == 0x86 && frame[ETHERNET_TYPE + 1] == 0xdd;
}

static bool is_ipv4(const uint8_t *frame)
{
    return frame[ETHERNET_TYPE] == 0x08 && frame[ETHERNET_TYPE + 1] == 0x00;
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

/* The size of the IP header in a frame that has a whole TCP header behind it; 0: it has none. */
static size_t before_tcp(const uint8_t *frame, size_t length)
{
    const uint8_t *ip = frame + ETHERNET_SIZE;
    if (length >= ETHERNET_SIZE + IPV4_SIZE + TCP_SIZE && is_ipv4(frame))
        return ip[0] == 0x45 && ip[IPV4_PROTOCOL] == IPPROTO_TCP &&
                       (ip[IPV4_FRAGMENT] & 0x3f) == 0 && ip[IPV4_FRAGMENT + 1] == 0
                   ? IPV4_SIZE
                   : 0;
    if (length >= ETHERNET_SIZE + IPV6_SIZE + TCP_SIZE && is_ipv6(frame))
        return ip[0] >> 4 == 6 && ip[IPV6_NEXT] == IPPROTO_TCP ? IPV6_SIZE : 0;
    return 0;
}

/* Two fields of one size beside each other, whoever sent it and whoever got it, change places. */
static void exchange(uint8_t *to, const uint8_t *from, size_t size)
{
    memcpy(to, from + size, size);
    memcpy(to + size, from, size);
}

/* RFC 1071; size is even. */
static uint32_t sum(uint32_t before, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 2)
        before += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return before;
}

static void put_checksum(uint8_t *field, uint32_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    field[0] = (uint8_t)(~total >> 8);
    field[1] = (uint8_t)~total;
}

/* Returns the sum of its part in TCP's checksum. */
static uint32_t make_ip(uint8_t *ret, const uint8_t *ip, size_t ip_size)
{
    if (ip_size == IPV6_SIZE) {
        memcpy(ret, (const uint8_t[]){0x60, 0, 0, 0, 0, TCP_SIZE, IPPROTO_TCP, 64}, 8);
        exchange(ret + IPV6_ADDRESSES, ip + IPV6_ADDRESSES, sizeof(struct in6_addr));
        return sum(IPPROTO_TCP + TCP_SIZE, ret + IPV6_ADDRESSES, 2 * sizeof(struct in6_addr));
    }
    /* Not to be fragmented, as Linux' own. */
    memcpy(ret, (const uint8_t[]){0x45, 0, 0, IPV4_SIZE + TCP_SIZE, 0, 0, 0x40, 0, 64, IPPROTO_TCP},
           IPV4_CHECKSUM);
    exchange(ret + IPV4_ADDRESSES, ip + IPV4_ADDRESSES, sizeof(struct in_addr));
    put_checksum(ret + IPV4_CHECKSUM, sum(0, ret, IPV4_SIZE));
    return sum(IPPROTO_TCP + TCP_SIZE, ret + IPV4_ADDRESSES, 2 * sizeof(struct in_addr));
}

static void make_tcp(uint8_t *ret, const uint8_t *tcp, uint32_t ip_sum)
{
    uint32_t sequence;
    memcpy(&sequence, tcp + TCP_SEQUENCE, sizeof(sequence));
    sequence = htobe32(be32toh(sequence) + 1);
    exchange(ret, tcp, sizeof(in_port_t));
    memcpy(ret + TCP_SEQUENCE, tcp + TCP_ACKNOWLEDGED, sizeof(sequence));
    memcpy(ret + TCP_ACKNOWLEDGED, &sequence, sizeof(sequence));
    ret[TCP_OFFSET] = TCP_SIZE / 4 << 4;
    ret[TCP_FLAGS] = FLAG_ACK;
    ret[TCP_WINDOW] = ACK_WINDOW >> 8;
    ret[TCP_WINDOW + 1] = ACK_WINDOW & 0xff;
    put_checksum(ret + TCP_CHECKSUM, sum(ip_sum, ret, TCP_SIZE));
}

size_t packet_handshake_ack(const uint8_t *frame, size_t length, uint8_t ret[PACKET_ACK_MAX])
{
    size_t ip_size = before_tcp(frame, length);
    const uint8_t *ip = frame + ETHERNET_SIZE, *tcp = ip + ip_size;
    if (ip_size == 0 ||
        (tcp[TCP_FLAGS] & (FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK))
        return 0;
    memset(ret, 0, PACKET_ACK_MAX);
    exchange(ret, frame, ETHERNET_TYPE / 2);
    memcpy(ret + ETHERNET_TYPE, frame + ETHERNET_TYPE, 2);
    make_tcp(ret + ETHERNET_SIZE + ip_size, tcp, make_ip(ret + ETHERNET_SIZE, ip, ip_size));
    return ETHERNET_SIZE + ip_size + TCP_SIZE;
}
