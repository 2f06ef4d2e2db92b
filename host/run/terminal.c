#include "host/run/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

/* Also where job control has no say: a terminal that does not control this session. */
static bool in_foreground(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group < 0 || group == getpgrp();
}

static int make_raw(struct user_terminal *t, struct error *err)
{
    struct termios now, raw;
    if (tcgetattr(STDIN_FILENO, &now) < 0)
        return error_errno(err, "cannot read the terminal's settings");
    raw = now;
    cfmakeraw(&raw);
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
        return error_errno(err, "cannot make the terminal raw");
    if (!t->raw)
        t->saved = now;
    t->raw = true;
    return 0;
}

int terminal_open(struct user_terminal *t, bool raw, struct error *err)
{
    *t = (struct user_terminal){
        .present = isatty(STDIN_FILENO), .wants_raw = raw, .foreground = in_foreground()};
    return t->present && t->wants_raw && t->foreground ? make_raw(t, err) : 0;
}

void terminal_look(struct user_terminal *t)
{
    if (!t->present)
        return;
    t->foreground = in_foreground();
    /* The settings are somebody else's by now: whoever took the foreground has its own. */
    if (!t->foreground)
        t->raw = false;
    /* One that has gone meanwhile is at its end for those who read it. */
    else if (t->wants_raw)
        make_raw(t, NULL);
}

void terminal_restore(struct user_terminal *t)
{
    if (t->raw && in_foreground())
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
    t->raw = false;
}

struct window_size terminal_size(void)
{
    struct winsize size = {0};
    ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    return (struct window_size){.rows = size.ws_row ? size.ws_row : 24,
                                .columns = size.ws_col ? size.ws_col : 80};
}
