#include "guest-agent/session/frame_relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/packet_frames.h"
#include "common/queue.h"
#include "common/util.h"

/* One read(2) of the stream. */
#define PIECE 65536u

/* What waits for the stream at most: as much as a connection may have under way, tcp_wmem. */
#define WAITING_MAX (4u << 20)

struct frame_relay {
    int packets, stream;
    struct queue in; /* of the stream */
    struct packet_writer out;
    unsigned char buffer[PACKET_MAX];
};

static bool try_again(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* All frames of the interface's: it loses what finds no room. One that is down has none (ENETDOWN).
 */
static int take_packets(struct frame_relay *r, struct error *err)
{
    while (r->out.queue.length < WAITING_MAX) {
        ssize_t n = recv(r->packets, r->buffer, PACKET_MAX, 0);
        if (n < 0)
            return try_again() || errno == ENETDOWN ? 0 : error_errno(err, "cannot receive frames");
        packet_frame_append(&r->out.queue, r->buffer, (size_t)n);
    }
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
    size_t size = 0;
    int whole;
    while ((whole = packet_frame_first(queue_bytes(&r->in), r->in.length, &size, err)) > 0) {
        /* Lost where the kernel does not want it: too long for the interface, say, or no room. */
        (void)!send(r->packets, queue_bytes(&r->in) + PACKET_LENGTH_SIZE, size - PACKET_LENGTH_SIZE,
                    MSG_NOSIGNAL);
        queue_consume(&r->in, size);
    }
    return whole;
}

/* 1, or 0 at the end. */
static int turn(struct frame_relay *r, struct error *err)
{
    int ready = packet_writer_ready(&r->out, err);
    bool full = r->out.queue.length >= WAITING_MAX;
    struct pollfd fds[] = {
        {.fd = r->stream, .events = (short)(POLLIN | (ready > 0 ? POLLOUT : 0))},
        {.fd = full ? -1 : r->packets, .events = POLLIN},
    };
    if (ready < 0)
        return -1;
    if (poll(fds, ARRAY_LEN(fds), -1) < 0)
        return errno == EINTR ? 1 : error_errno(err, "poll");
    if (fds[1].revents && take_packets(r, err) < 0)
        return -1;
    if ((fds[0].revents & POLLOUT) && packet_writer_give(&r->out, r->stream) < 0)
        return error_errno(err, "cannot pass frames on");
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
    queue_free(&r->out.queue);
    free(r);
    return more;
}
