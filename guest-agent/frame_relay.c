#include "guest-agent/frame_relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/queue.h"
#include "common/util.h"

#define LENGTH_SIZE 4u
/* The largest packet of IP behind an Ethernet header, with room for a tag. */
#define FRAME_MAX (65535u + 18u)
/* One read(2) of the stream. */
#define PIECE 65536u

struct frame_relay {
    int packets, stream;
    struct queue in, out; /* of the stream */
    unsigned char buffer[LENGTH_SIZE + FRAME_MAX];
};

static bool try_again(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* One frame of the interface's. An interface that is down has none (ENETDOWN). */
static int take_packet(struct frame_relay *r, struct error *err)
{
    ssize_t n = recv(r->packets, r->buffer + LENGTH_SIZE, FRAME_MAX, 0);
    if (n < 0)
        return try_again() || errno == ENETDOWN ? 0 : error_errno(err, "cannot receive frames");
    uint32_t length = htonl((uint32_t)n);
    memcpy(r->buffer, &length, LENGTH_SIZE);
    queue_append(&r->out, r->buffer, LENGTH_SIZE + (size_t)n);
    return 0;
}

static int give_stream(struct frame_relay *r, struct error *err)
{
    ssize_t n = write(r->stream, queue_bytes(&r->out), r->out.length);
    if (n < 0)
        return try_again() ? 0 : error_errno(err, "cannot pass frames on");
    queue_consume(&r->out, (size_t)n);
    return 0;
}

/* 1: something came; 0: the end. */
static int take_stream(struct frame_relay *r, struct error *err)
{
    ssize_t n = read(r->stream, r->buffer, PIECE);
    if (n < 0)
        return try_again() ? 1 : error_errno(err, "cannot read frames");
    queue_append(&r->in, r->buffer, (size_t)n);
    return n > 0;
}

/* All complete frames of the stream's, to the interface. */
static int give_packets(struct frame_relay *r, struct error *err)
{
    uint32_t length;
    while (r->in.length >= LENGTH_SIZE) {
        memcpy(&length, queue_bytes(&r->in), LENGTH_SIZE);
        length = ntohl(length);
        if (length > FRAME_MAX)
            return error_set(err, "a frame of %u bytes", length);
        if (r->in.length < LENGTH_SIZE + length)
            return 0;
        /* Lost where the kernel does not want it: too long for the interface, say, or no room. */
        (void)!send(r->packets, queue_bytes(&r->in) + LENGTH_SIZE, length, MSG_NOSIGNAL);
        queue_consume(&r->in, LENGTH_SIZE + length);
    }
    return 0;
}

/* 1, or 0 at the end. */
static int turn(struct frame_relay *r, struct error *err)
{
    bool waiting = r->out.length > 0;
    struct pollfd fds[] = {
        {.fd = r->stream, .events = (short)(POLLIN | (waiting ? POLLOUT : 0))},
        {.fd = waiting ? -1 : r->packets, .events = POLLIN},
    };
    if (poll(fds, ARRAY_LEN(fds), -1) < 0)
        return errno == EINTR ? 1 : error_errno(err, "poll");
    if (fds[1].revents && take_packet(r, err) < 0)
        return -1;
    if (r->out.length > 0 && give_stream(r, err) < 0)
        return -1;
    if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
        return 1;
    int more = take_stream(r, err);
    return more > 0 && give_packets(r, err) < 0 ? -1 : more;
}

int frame_relay(int packets, int stream, struct error *err)
{
    struct frame_relay *r = xcalloc(1, sizeof(*r));
    r->packets = packets;
    r->stream = stream;
    int more = 1;
    if (set_nonblocking(packets, true) < 0 || set_nonblocking(stream, true) < 0)
        more = error_errno(err, "cannot prepare a socket");
    while (more > 0)
        more = turn(r, err);
    queue_free(&r->in);
    queue_free(&r->out);
    free(r);
    return more;
}
