#include "host/run/serial_line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

#define WAITING_MAX 65536

int serial_line_open(struct serial_line *l, int serial_fd, struct error *err)
{
    l->serial_fd = serial_fd;
    l->in_fd = reopen_nonblocking(STDIN_FILENO, O_RDONLY);
    l->out_fd = reopen_nonblocking(STDOUT_FILENO, O_WRONLY);
    if (l->in_fd < 0 || l->out_fd < 0 || set_nonblocking(serial_fd, true) < 0)
        return error_errno(err, "cannot open the standard streams");
    return 0;
}

void serial_line_close(struct serial_line *l)
{
    close_fd(&l->in_fd);
    close_fd(&l->out_fd);
    queue_free(&l->to_guest);
    queue_free(&l->to_user);
}

short serial_line_in_events(const struct serial_line *l)
{
    return l->in_fd >= 0 && l->to_guest.length < WAITING_MAX ? POLLIN : 0;
}

short serial_line_out_events(const struct serial_line *l)
{
    return l->out_fd >= 0 && l->to_user.length > 0 ? POLLOUT : 0;
}

short serial_line_events(const struct serial_line *l)
{
    short events = 0;
    if (l->serial_fd >= 0 && l->to_user.length < WAITING_MAX)
        events |= POLLIN;
    if (l->serial_fd >= 0 && l->to_guest.length > 0)
        events |= POLLOUT;
    return events;
}

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

void serial_line_drain(struct serial_line *l)
{
    size_t before;
    do {
        before = l->to_user.length;
        if (l->serial_fd >= 0 && !read_into(l->serial_fd, &l->to_user))
            l->serial_fd = -1;
    } while (l->to_user.length > before && l->to_user.length < WAITING_MAX);
}

void serial_line_pump(struct serial_line *l, short in, short out, short serial)
{
    if ((in & (POLLIN | POLLHUP | POLLERR)) && !read_into(l->in_fd, &l->to_guest))
        close_fd(&l->in_fd);
    if (serial & (POLLIN | POLLHUP))
        serial_line_drain(l);
    if ((serial & POLLOUT) && !write_from(l->serial_fd, &l->to_guest))
        l->serial_fd = -1;
    if ((out & (POLLOUT | POLLERR | POLLHUP)) && !write_from(l->out_fd, &l->to_user))
        close_fd(&l->out_fd);
    if (l->out_fd < 0)
        queue_free(&l->to_user); /* nobody reads any more; the guest must not stall */
}
