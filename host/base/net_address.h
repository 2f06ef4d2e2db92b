/*
 * IPv4 and IPv6 addresses as text and as the kernel's structures. Pure.
 */
#ifndef VMC_HOST_BASE_NET_ADDRESS_H
#define VMC_HOST_BASE_NET_ADDRESS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Zero-initialised: no address (AF_UNSPEC). */
struct net_address {
    sa_family_t family;
    union {
        struct in_addr v4;
        struct in6_addr v6;
    };
};

#define NET_ADDRESS_TEXT INET6_ADDRSTRLEN

/* Numbers only, inet_pton(3); no names, no scope. */
bool net_address_parse(const char *text, struct net_address *ret);
/* As written before a port: IPv6 in brackets. Reads the first length bytes of text. */
bool net_address_parse_host(const char *text, size_t length, struct net_address *ret);
void net_address_format(const struct net_address *address, char ret_text[NET_ADDRESS_TEXT]);
/* "ADDR:PORT", IPv6 in brackets. Owned by the caller. */
char *net_address_with_port(const struct net_address *address, unsigned port);

bool net_address_equal(const struct net_address *a, const struct net_address *b);
bool net_address_is_loopback(const struct net_address *address);
bool net_address_is_any(const struct net_address *address);

/* For bind(2) and connect(2): the length of what is in *ret. */
socklen_t net_address_socket(const struct net_address *address, uint16_t port,
                             struct sockaddr_storage *ret);

#endif
