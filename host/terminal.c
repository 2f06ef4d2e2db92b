#include "host/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

#define WAITING_MAX 65536

int terminal_open(struct terminal *t, int serial_fd, struct error *err)
{
    t->serial_fd = serial_fd;
    t->in_fd = reopen_nonblocking(STDIN_FILENO, O_RDONLY);
    t->out_fd = reopen_nonblocking(STDOUT_FILENO, O_WRONLY);
    if (t->in_fd < 0 || t->out_fd < 0 || set_nonblocking(serial_fd, true) < 0)
        return error_errno(err, "cannot open the terminal");
    return 0;
}

int terminal_make_raw(struct terminal *t, struct error *err)
{
    if (tcgetattr(t->in_fd, &t->saved) < 0)
        return error_errno(err, "cannot read the terminal's settings");
    struct termios raw = t->saved;
    cfmakeraw(&raw);
    if (tcsetattr(t->in_fd, TCSADRAIN, &raw) < 0)
        return error_errno(err, "cannot make the terminal raw");
    t->raw = true;
    return 0;
}

void terminal_restore(struct terminal *t)
{
    if (!t->raw)
        return;
    tcsetattr(t->in_fd, TCSADRAIN, &t->saved);
    t->raw = false;
}

void terminal_close(struct terminal *t)
{
    terminal_restore(t);
    close_fd(&t->in_fd);
    close_fd(&t->out_fd);
    queue_free(&t->to_guest);
    queue_free(&t->to_user);
}

struct window_size terminal_size(void)
{
    struct winsize size = {0};
    ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    return (struct window_size){.rows = size.ws_row ? size.ws_row : 24,
                                .columns = size.ws_col ? size.ws_col : 80};
}

short terminal_in_events(const struct terminal *t)
{
    return t->in_fd >= 0 && t->to_guest.length < WAITING_MAX ? POLLIN : 0;
}

short terminal_out_events(const struct terminal *t)
{
    return t->out_fd >= 0 && t->to_user.length > 0 ? POLLOUT : 0;
}

short terminal_serial_events(const struct terminal *t)
{
    short events = 0;
    if (t->serial_fd >= 0 && t->to_user.length < WAITING_MAX)
        events |= POLLIN;
    if (t->serial_fd >= 0 && t->to_guest.length > 0)
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

void terminal_drain_serial(struct terminal *t)
{
    size_t before;
    do {
        before = t->to_user.length;
        if (t->serial_fd >= 0 && !read_into(t->serial_fd, &t->to_user))
            t->serial_fd = -1;
    } while (t->to_user.length > before && t->to_user.length < WAITING_MAX);
}

void terminal_pump(struct terminal *t, short in, short out, short serial)
{
    /* A terminal that has hung up gives end of file; SIGHUP tells the workload. */
    if ((in & (POLLIN | POLLHUP | POLLERR)) && !read_into(t->in_fd, &t->to_guest)) {
        terminal_restore(t);
        close_fd(&t->in_fd);
    }
    if (serial & (POLLIN | POLLHUP))
        terminal_drain_serial(t);
    if ((serial & POLLOUT) && !write_from(t->serial_fd, &t->to_guest))
        t->serial_fd = -1;
    if ((out & (POLLOUT | POLLERR | POLLHUP)) && !write_from(t->out_fd, &t->to_user))
        close_fd(&t->out_fd);
    if (t->out_fd < 0)
        queue_free(&t->to_user); /* nobody reads any more; the guest must not stall */
}
