#include "guest-agent/process/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/util.h"

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

void terminal_resize(const struct terminal *t, const struct window_size *size)
{
    struct winsize w = {.ws_row = size->rows, .ws_col = size->columns};
    /* The kernel sends SIGWINCH to the foreground processes. ioctl_tty(2) */
    if (t->master >= 0)
        ioctl(t->master, TIOCSWINSZ, &w);
}

void terminal_end(struct terminal *t)
{
    close_fd(&t->slave);
}

void terminal_hang_up(struct terminal *t)
{
    close_fd(&t->master);
}

void terminal_close(struct terminal *t)
{
    close_fd(&t->master);
    close_fd(&t->slave);
}
