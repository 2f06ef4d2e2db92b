/*
 * The two halves of the forwarder process, forwarder.h. One thread, one poll(2) loop: each half
 * adds the descriptors it waits for and gets their events.
 */
#ifndef VMC_HOST_NETWORK_FORWARDER_PRIVATE_H
#define VMC_HOST_NETWORK_FORWARDER_PRIVATE_H

#include <poll.h>

#include "host/network/forwarder.h"

/* Simultaneous connections; more clients wait in the kernel's queue. */
#define FORWARD_TCP_MAX 256
/* Remembered clients of UDP ports; the one that has been silent longest makes room. */
#define FORWARD_UDP_MAX 256

struct tcp_forwarder;
struct udp_forwarder;

struct tcp_forwarder *tcp_forwarder_new(void);
void tcp_forwarder_accept(struct tcp_forwarder *t, const struct forward *forward);
bool tcp_forwarder_full(const struct tcp_forwarder *t);
size_t tcp_forwarder_prepare(struct tcp_forwarder *t, struct pollfd *slots);
void tcp_forwarder_serve(struct tcp_forwarder *t, const struct pollfd *slots, size_t count);

struct udp_forwarder *udp_forwarder_new(void);
void udp_forwarder_receive(struct udp_forwarder *u, const struct forward *forward);
size_t udp_forwarder_prepare(struct udp_forwarder *u, struct pollfd *slots);
void udp_forwarder_serve(struct udp_forwarder *u, const struct pollfd *slots, size_t count);

#endif
