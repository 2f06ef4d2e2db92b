#include "guest-agent/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/serial.h"

/* Bytes that wait in one direction before reading stops. */
#define WAITING_MAX 65536
#define PIECE 4096

/* Where there is a terminal there is a /dev/console, as docker-run(1) has it. */
static int make_console(int slave, struct error *err)
{
    char path[64];
    if (ttyname_r(slave, path, sizeof(path)) != 0)
        return error_set(err, "the terminal has no name");
    AUTO_CLOSE int fd = open("/dev/console", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || mount(path, "/dev/console", NULL, MS_BIND, NULL) < 0)
        return error_errno(err, "cannot make /dev/console");
    return 0;
}

int terminal_open(struct terminal *t, const struct window_size *size, const struct user *user,
                  bool own_machine, struct error *err)
{
    t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (t->master < 0 || unlockpt(t->master) < 0)
        return error_errno(err, "cannot make a terminal");
    t->slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (t->slave < 0)
        return error_errno(err, "cannot open the terminal");
    if (user && fchown(t->slave, user->uid, (gid_t)-1) < 0)
        return error_errno(err, "cannot give the terminal to its user");
    if (size->rows && size->columns)
        terminal_resize(t, size);
    return own_machine ? make_console(t->slave, err) : 0;
}

int terminal_open_serial(struct terminal *t, struct error *err)
{
    t->serial = serial_open();
    if (t->serial < 0)
        return error_errno(err, "cannot use the serial line");
    if (serial_make_raw(t->serial) < 0 || set_nonblocking(t->serial, true) < 0)
        return error_errno(err, "cannot set up the serial line");
    return 0;
}

void terminal_resize(const struct terminal *t, const struct window_size *size)
{
    struct winsize w = {.ws_row = size->rows, .ws_col = size->columns};
    /* The kernel sends SIGWINCH to the foreground processes. ioctl_tty(2) */
    if (t->master >= 0)
        ioctl(t->master, TIOCSWINSZ, &w);
}

void terminal_hang_up(struct terminal *t)
{
    close_fd(&t->slave);
}

void terminal_poll(const struct terminal *t, struct pollfd fds[2])
{
    const struct {
        int fd;
        const struct queue *in, *out;
    } ends[2] = {
        {t->master, &t->to_serial, &t->to_master},
        {t->serial, &t->to_master, &t->to_serial},
    };
    for (int i = 0; i < 2; i++) {
        short events = ends[i].out->length > 0 ? POLLOUT : 0;
        if (ends[i].in->length < WAITING_MAX)
            events |= POLLIN;
        fds[i] =
            (struct pollfd){.fd = t->serial >= 0 && events ? ends[i].fd : -1, .events = events};
    }
}

/* 1 moved or nothing to move now; 0 the end is gone; -1 an error. */
static int take_in(int fd, struct queue *q)
{
    uint8_t bytes[PIECE];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : errno == EIO ? 0 : -1;
    queue_append(q, bytes, (size_t)n);
    return n > 0;
}

static int give_out(int fd, struct queue *q)
{
    ssize_t n = write(fd, queue_bytes(q), q->length);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    queue_consume(q, (size_t)n);
    return 1;
}

int terminal_pump(struct terminal *t, const struct pollfd fds[2], struct error *err)
{
    /* A master whose last slave is closed says EIO: that is its end of file. pty(7) */
    if (fds[0].revents & (POLLIN | POLLHUP) && t->to_serial.length < WAITING_MAX) {
        int got = take_in(t->master, &t->to_serial);
        if (got < 0)
            return error_errno(err, "cannot read from the terminal");
        if (got == 0)
            close_fd(&t->master);
    }
    if (fds[1].revents & (POLLIN | POLLHUP) && t->to_master.length < WAITING_MAX &&
        take_in(t->serial, &t->to_master) < 0)
        return error_errno(err, "cannot read from the serial line");
    if (fds[1].revents & POLLOUT && give_out(t->serial, &t->to_serial) < 0)
        return error_errno(err, "cannot write to the serial line");
    if (fds[0].revents & POLLOUT && t->master >= 0 && give_out(t->master, &t->to_master) < 0)
        return error_errno(err, "cannot write to the terminal");
    return 0;
}

bool terminal_drained(const struct terminal *t)
{
    return t->serial < 0 || (t->master < 0 && t->to_serial.length == 0);
}

void terminal_drain(const struct terminal *t)
{
    if (t->serial >= 0)
        tcdrain(t->serial);
}

void terminal_close(struct terminal *t)
{
    close_fd(&t->master);
    close_fd(&t->slave);
    close_fd(&t->serial);
    queue_free(&t->to_serial);
    queue_free(&t->to_master);
}
