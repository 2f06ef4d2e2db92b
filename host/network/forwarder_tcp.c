/* Published TCP ports of a bridge's container. */
#include "host/network/forwarder_private.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "common/util.h"

#define BUFFER_SIZE 32768

/* Bytes in transit from one end to the other. */
struct flow {
    char bytes[BUFFER_SIZE];
    size_t begin, end;
    bool eof;  /* the source has ended */
    bool over; /* and the other end has been told */
};

struct connection {
    int fds[2];         /* client, guest; -1: free */
    bool connecting;    /* to the guest */
    struct flow *flows; /* [0] from the client, [1] from the guest; owned */
};

struct tcp_forwarder {
    struct connection connections[FORWARD_TCP_MAX];
    size_t slot_of[FORWARD_TCP_MAX]; /* the first of a connection's two poll slots */
};

struct tcp_forwarder *tcp_forwarder_new(void)
{
    struct tcp_forwarder *t = xcalloc(1, sizeof(*t));
    for (size_t i = 0; i < FORWARD_TCP_MAX; i++)
        t->connections[i] = (struct connection){.fds = {-1, -1}};
    return t;
}

static struct connection *find_free(struct tcp_forwarder *t)
{
    for (size_t i = 0; i < FORWARD_TCP_MAX; i++)
        if (t->connections[i].fds[0] < 0)
            return &t->connections[i];
    return NULL;
}

bool tcp_forwarder_full(const struct tcp_forwarder *t)
{
    for (size_t i = 0; i < FORWARD_TCP_MAX; i++)
        if (t->connections[i].fds[0] < 0)
            return false;
    return true;
}

static void end(struct connection *c)
{
    close_fd(&c->fds[0]);
    close_fd(&c->fds[1]);
    free(c->flows);
    c->flows = NULL;
}

void tcp_forwarder_accept(struct tcp_forwarder *t, const struct forward *forward)
{
    struct connection *c = find_free(t);
    struct sockaddr_storage guest;
    socklen_t length = net_address_socket(&forward->guest, forward->guest_port, &guest);
    int client = accept4(forward->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    int server = client < 0
                     ? -1
                     : socket(forward->guest.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (!c || server < 0 ||
        (connect(server, (struct sockaddr *)&guest, length) < 0 && errno != EINPROGRESS)) {
        cleanup_close(&client);
        cleanup_close(&server);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    *c = (struct connection){
        .fds = {client, server}, .connecting = true, .flows = xcalloc(2, sizeof(struct flow))};
}

/* The events that end number i of a connection waits for. */
static short events_of(const struct connection *c, int i)
{
    const struct flow *in = &c->flows[i], *out = &c->flows[1 - i];
    if (c->connecting)
        return i == 1 ? POLLOUT : 0;
    short events = 0;
    if (!in->eof && in->end < BUFFER_SIZE)
        events |= POLLIN;
    if (out->begin < out->end)
        events |= POLLOUT;
    return events;
}

size_t tcp_forwarder_prepare(struct tcp_forwarder *t, struct pollfd *slots)
{
    size_t count = 0;
    for (size_t i = 0; i < FORWARD_TCP_MAX; i++) {
        const struct connection *c = &t->connections[i];
        if (c->fds[0] < 0)
            continue;
        t->slot_of[i] = count;
        for (int side = 0; side < 2; side++)
            slots[count++] = (struct pollfd){.fd = c->fds[side], .events = events_of(c, side)};
    }
    return count;
}

static bool again(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Moves as much as possible from one end to the other; false when the connection is broken. */
static bool pump(struct connection *c, int from)
{
    struct flow *f = &c->flows[from];
    if (!f->eof && f->end < BUFFER_SIZE) {
        ssize_t n = recv(c->fds[from], f->bytes + f->end, BUFFER_SIZE - f->end, 0);
        if (n < 0 && !again(n))
            return false;
        f->eof = n == 0;
        f->end += n > 0 ? (size_t)n : 0;
    }
    if (f->begin < f->end) {
        ssize_t n = send(c->fds[1 - from], f->bytes + f->begin, f->end - f->begin, MSG_NOSIGNAL);
        if (n < 0 && !again(n))
            return false;
        f->begin += n > 0 ? (size_t)n : 0;
    }
    if (f->begin == f->end)
        f->begin = f->end = 0;
    if (f->eof && f->begin == f->end && !f->over) {
        shutdown(c->fds[1 - from], SHUT_WR);
        f->over = true;
    }
    return true;
}

/* True when the guest has answered; false also if it refused, which shows in the next calls. */
static bool connected(struct connection *c, const struct pollfd *server)
{
    int cause = 0;
    socklen_t size = sizeof(cause);
    if (!(server->revents & (POLLOUT | POLLERR | POLLHUP)))
        return false;
    getsockopt(c->fds[1], SOL_SOCKET, SO_ERROR, &cause, &size);
    c->connecting = false;
    return cause == 0;
}

static void serve(struct connection *c, const struct pollfd slots[2])
{
    if (slots[0].revents == 0 && slots[1].revents == 0)
        return;
    if (c->connecting) {
        bool answered = connected(c, &slots[1]);
        if (!answered && (!c->connecting || (slots[0].revents & (POLLHUP | POLLERR))))
            end(c);
        return;
    }
    if (!pump(c, 0) || !pump(c, 1) || (c->flows[0].over && c->flows[1].over))
        end(c);
}

void tcp_forwarder_serve(struct tcp_forwarder *t, const struct pollfd *slots, size_t count)
{
    for (size_t i = 0; i < FORWARD_TCP_MAX; i++) {
        struct connection *c = &t->connections[i];
        if (c->fds[0] >= 0 && t->slot_of[i] + 1 < count)
            serve(c, slots + t->slot_of[i]);
    }
}
