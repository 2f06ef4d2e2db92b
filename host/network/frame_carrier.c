#include "host/network/frame_carrier.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/packet_frames.h"
#include "common/util.h"
#include "host/base/worker.h"

/* One read of either stream. */
#define PIECE 65536u

struct carrier {
    int machine, net;
    struct packet_writer out; /* the machine's frames: fewer than two, and a piece */
    struct queue arrived;     /* from the net: less than a frame, and a piece */
    struct packet_writer in;  /* the net's frames, whole */
};

/* 1: more may come; 0: the end. */
static int take(int fd, struct queue *q)
{
    ssize_t n = read(fd, queue_space(q, PIECE), PIECE);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    queue_added(q, (size_t)n);
    return n > 0;
}

/* All whole frames that have arrived, as long as there is room. */
static int pass_in(struct carrier *c, struct error *err)
{
    size_t size = 0;
    int whole;
    while ((whole = packet_frame_first(queue_bytes(&c->arrived), c->arrived.length, &size, err)) >
           0) {
        if (c->in.queue.length + size <= CARRIER_WAITING_MAX)
            queue_append(&c->in.queue, queue_bytes(&c->arrived), size);
        queue_consume(&c->arrived, size);
    }
    return whole;
}

/* 1, or 0 at the end. */
static int turn(struct carrier *c, struct error *err)
{
    int out = packet_writer_ready(&c->out, err), in = packet_writer_ready(&c->in, err);
    if (out < 0 || in < 0)
        return -1;
    struct pollfd fds[] = {
        {.fd = c->machine, .events = (short)((out ? 0 : POLLIN) | (in ? POLLOUT : 0))},
        {.fd = c->net, .events = (short)((out ? POLLOUT : 0) | POLLIN)},
    };
    if (poll(fds, ARRAY_LEN(fds), -1) < 0)
        return errno == EINTR;
    if ((fds[1].revents & POLLOUT) && packet_writer_give(&c->out, c->net) < 0)
        return 0;
    if ((fds[0].revents & POLLOUT) && packet_writer_give(&c->in, c->machine) < 0)
        return 0;
    if ((fds[0].revents & POLLIN) && !take(c->machine, &c->out.queue))
        return 0;
    if (fds[1].revents & POLLIN) {
        if (!take(c->net, &c->arrived))
            return 0;
        if (pass_in(c, err) < 0)
            return -1;
    }
    /* A closed end ends this, after the data it has sent before. */
    int events = fds[0].revents | fds[1].revents;
    return (events & POLLIN) || !(events & (POLLHUP | POLLERR));
}

int frame_carrier_run(int machine, int net, struct error *err)
{
    struct carrier c = {.machine = machine, .net = net};
    int more;
    while ((more = turn(&c, err)) > 0)
        ;
    queue_free(&c.out.queue);
    queue_free(&c.arrived);
    queue_free(&c.in.queue);
    return more;
}

static _Noreturn void serve(void *arg)
{
    struct error err = ERROR_INIT;
    (void)arg;
    _exit(frame_carrier_run(OWN_PROCESS_FDS, OWN_PROCESS_FDS + 1, &err) < 0 ? STATUS_VMC_FAILED
                                                                            : 0);
}

int frame_carrier_start(struct network *network, struct error *err)
{
    static const int calls[] = {SCMP_SYS(read), SCMP_SYS(write)};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    AUTO_CLOSE int inner = pair[1];
    AUTO_CLOSE int net = network->link.fd;
    network->link.fd = pair[0];
    if (set_nonblocking(inner, true) < 0 || set_nonblocking(net, true) < 0)
        return error_errno(err, "cannot prepare a socket");
    const int fds[] = {inner, net};
    const struct own_process process = {
        .name = "vmc-frames",
        .fds = fds,
        .count = ARRAY_LEN(fds),
        .files = 8,
        .calls = calls,
        .call_count = ARRAY_LEN(calls),
        .serve = serve,
    };
    return own_process_start(&process, &network->carrier, err);
}
