#include "host/run/serial_line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

#define WAITING_MAX 65536

/* One read(2) into a queue. False at end of file, or when the descriptor is of no use any more. */
static bool read_into(int fd, struct queue *q)
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n > 0)
        queue_append(q, bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool write_from(int fd, struct queue *q)
{
    size_t length = q->length < PIPE_BUF ? q->length : PIPE_BUF;
    ssize_t n = write(fd, queue_bytes(q), length);
    if (n > 0)
        queue_consume(q, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static short in_events(const void *owner)
{
    const struct serial_line *l = owner;
    return !l->held && l->to_guest.length < WAITING_MAX ? POLLIN : WATCH_NOTHING;
}

static int in_ready(void *owner, short revents, struct error *err)
{
    struct serial_line *l = owner;
    (void)revents, (void)err;
    if (read_into(l->in_fd, &l->to_guest))
        return 0;
    close_fd(&l->in_fd);
    if (l->farewell)
        queue_append(&l->to_guest, l->farewell, strlen(l->farewell));
    return 0;
}

static short out_events(const void *owner)
{
    const struct serial_line *l = owner;
    return l->to_user.length > 0 ? POLLOUT : WATCH_NOTHING;
}

static int out_ready(void *owner, short revents, struct error *err)
{
    struct serial_line *l = owner;
    (void)revents, (void)err;
    if (!write_from(l->out_fd, &l->to_user))
        close_fd(&l->out_fd);
    return 0;
}

static short serial_events(const void *owner)
{
    const struct serial_line *l = owner;
    short events = 0;
    if (l->to_user.length < WAITING_MAX)
        events |= POLLIN;
    if (l->to_guest.length > 0)
        events |= POLLOUT;
    return events;
}

/* Takes what the line holds, until it would block or as much waits for the user as may. */
static void hear(struct serial_line *l)
{
    size_t before;
    do {
        before = l->to_user.length;
        if (!read_into(l->serial_fd, &l->to_user))
            close_fd(&l->serial_fd);
        if (l->to_user.length > before)
            l->heard(l->owner, (const char *)queue_bytes(&l->to_user) + before,
                     l->to_user.length - before);
    } while (l->serial_fd >= 0 && l->to_user.length > before && l->to_user.length < WAITING_MAX);
    /* Nobody reads any more; the guest must not stall. */
    if (l->out_fd < 0)
        queue_free(&l->to_user);
}

static int serial_ready(void *owner, short revents, struct error *err)
{
    struct serial_line *l = owner;
    (void)err;
    if (revents & (POLLIN | POLLHUP))
        hear(l);
    if ((revents & POLLOUT) && l->serial_fd >= 0 && !write_from(l->serial_fd, &l->to_guest))
        close_fd(&l->serial_fd);
    return 0;
}

int serial_line_open(struct serial_line *l, int serial_fd, struct error *err)
{
    l->serial_fd = serial_fd;
    l->in_fd = reopen_nonblocking(STDIN_FILENO, O_RDONLY);
    l->out_fd = reopen_nonblocking(STDOUT_FILENO, O_WRONLY);
    if (l->in_fd < 0 || l->out_fd < 0 || set_nonblocking(serial_fd, true) < 0)
        return error_errno(err, "cannot open the standard streams");
    l->watches[0] = (struct watch){&l->in_fd, in_events, in_ready, l};
    l->watches[1] = (struct watch){&l->out_fd, out_events, out_ready, l};
    l->watches[2] = (struct watch){&l->serial_fd, serial_events, serial_ready, l};
    for (size_t i = 0; i < ARRAY_LEN(l->watches); i++)
        loop_add(l->loop, &l->watches[i]);
    return 0;
}

void serial_line_close(struct serial_line *l)
{
    for (size_t i = 0; i < ARRAY_LEN(l->watches); i++)
        loop_remove(l->loop, &l->watches[i]);
    close_fd(&l->in_fd);
    close_fd(&l->out_fd);
    close_fd(&l->serial_fd);
    queue_free(&l->to_guest);
    queue_free(&l->to_user);
}

bool serial_line_done(const struct serial_line *l)
{
    return l->serial_fd < 0 && (l->to_user.length == 0 || l->out_fd < 0);
}
