/* Published UDP ports of a bridge's container. */
#include "host/network/forwarder_private.h"

#include <string.h>

#include "common/util.h"

#define DATAGRAM_MAX 65536
/* The number of datagrams read in a row before the other sockets have their turn. */
#define BURST 64

/* A client of a port, and the socket that represents it to the guest. */
struct client {
    int fd; /* connected to the guest; -1: free */
    const struct forward *forward;
    struct sockaddr_storage address;
    socklen_t length;
    int64_t used; /* now_ns() */
};

struct udp_forwarder {
    struct client clients[FORWARD_UDP_MAX];
    size_t slot_of[FORWARD_UDP_MAX];
    char datagram[DATAGRAM_MAX];
};

struct udp_forwarder *udp_forwarder_new(void)
{
    struct udp_forwarder *u = xcalloc(1, sizeof(*u));
    for (size_t i = 0; i < FORWARD_UDP_MAX; i++)
        u->clients[i].fd = -1;
    return u;
}

static bool is_client(const struct client *c, const struct forward *forward,
                      const struct sockaddr_storage *address, socklen_t length)
{
    return c->fd >= 0 && c->forward == forward && c->length == length &&
           memcmp(&c->address, address, length) == 0;
}

/* The client's entry, a free one, or the one that has been silent longest. */
static struct client *find(struct udp_forwarder *u, const struct forward *forward,
                           const struct sockaddr_storage *address, socklen_t length)
{
    struct client *best = &u->clients[0];
    for (size_t i = 0; i < FORWARD_UDP_MAX; i++) {
        struct client *c = &u->clients[i];
        if (is_client(c, forward, address, length))
            return c;
        if (best->fd >= 0 && (c->fd < 0 || c->used < best->used))
            best = c;
    }
    close_fd(&best->fd);
    struct sockaddr_storage guest;
    socklen_t guest_length = net_address_socket(&forward->guest, forward->guest_port, &guest);
    AUTO_CLOSE int fd = socket(forward->guest.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&guest, guest_length) < 0)
        return NULL;
    *best = (struct client){
        .fd = take_fd(&fd), .forward = forward, .address = *address, .length = length};
    return best;
}

void udp_forwarder_receive(struct udp_forwarder *u, const struct forward *forward)
{
    for (int i = 0; i < BURST; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof(address);
        ssize_t n = recvfrom(forward->fd, u->datagram, DATAGRAM_MAX, MSG_DONTWAIT,
                             (struct sockaddr *)&address, &length);
        if (n < 0)
            return;
        struct client *c = find(u, forward, &address, length);
        if (!c)
            continue;
        c->used = now_ns();
        /* Datagrams may be lost: whether the guest accepts it does not matter here. */
        send(c->fd, u->datagram, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

size_t udp_forwarder_prepare(struct udp_forwarder *u, struct pollfd *slots)
{
    size_t count = 0;
    for (size_t i = 0; i < FORWARD_UDP_MAX; i++)
        if (u->clients[i].fd >= 0) {
            u->slot_of[i] = count;
            slots[count++] = (struct pollfd){.fd = u->clients[i].fd, .events = POLLIN};
        }
    return count;
}

static void answer(struct udp_forwarder *u, struct client *c)
{
    for (int i = 0; i < BURST; i++) {
        ssize_t n = recv(c->fd, u->datagram, DATAGRAM_MAX, MSG_DONTWAIT);
        if (n < 0)
            return;
        c->used = now_ns();
        sendto(c->forward->fd, u->datagram, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
               (struct sockaddr *)&c->address, c->length);
    }
}

void udp_forwarder_serve(struct udp_forwarder *u, const struct pollfd *slots, size_t count)
{
    /* A client added since prepare has no slot. */
    for (size_t i = 0; i < FORWARD_UDP_MAX; i++) {
        struct client *c = &u->clients[i];
        size_t slot = u->slot_of[i];
        if (c->fd >= 0 && slot < count && slots[slot].fd == c->fd && slots[slot].revents)
            answer(u, c);
    }
}
