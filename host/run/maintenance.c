#include "host/run/maintenance.h"

#include <unistd.h>

#include "common/contract.h"
#include "common/util.h"
#include "host/run/serial_line.h"

/* What ends the shell. An end-of-file character would only do at the right moment, termios(3). */
static const char farewell[] = "\nexit\n";

struct maintenance {
    struct machine_watch *watch;
    struct serial_line line;
    bool listens; /* the guest's shell does: what comes earlier would be lost */
};

/* The serial line is the kernel's console, too. */
static void hear(void *owner, const char *bytes, size_t length)
{
    struct maintenance *m = owner;
    console_log_add(m->watch->log, bytes, length);
    m->listens = m->listens || console_log_holds(m->watch->log, MAINTENANCE_ANNOUNCEMENT);
    m->line.held = !m->listens;
}

/* Until the serial line has ended and all it brought is written. */
static int serve(struct maintenance *m, int64_t deadline, struct error *err)
{
    while (!serial_line_done(&m->line)) {
        if (loop_turn(m->watch->loop, m->listens ? DEADLINE_NONE : deadline, err) < 0 ||
            machine_check(m->watch, false, err) < 0)
            return -1;
        if (!m->listens && now_ns() >= deadline)
            return machine_describe_failure(
                m->watch, "the guest served no shell in time (--boot-timeout)", err);
    }
    return 0;
}

static int check_end(const struct maintenance *m, struct error *err)
{
    char panic[256];
    if (m->watch->errors.length == 0 && !console_log_panic(m->watch->log, panic, sizeof(panic)))
        return 0;
    return machine_describe_failure(m->watch, "the guest ended", err);
}

int maintenance_run(struct machine_watch *watch, struct foreground *foreground, int64_t deadline,
                    struct error *err)
{
    bool typed = isatty(STDIN_FILENO);
    struct maintenance m = {
        .watch = watch,
        .line = SERIAL_LINE_INIT,
        .listens = typed,
    };
    m.line.loop = watch->loop;
    m.line.held = !typed;
    m.line.farewell = farewell;
    m.line.heard = hear;
    m.line.owner = &m;
    int serial_fd = take_fd(&watch->machine->serial_fd);
    int result = machine_watch_open(watch, err);
    if (result == 0)
        result = serial_line_open(&m.line, take_fd(&serial_fd), err);
    if (result == 0)
        result = terminal_open(&foreground->terminal, true, err);
    if (result == 0)
        result = serve(&m, deadline, err);
    terminal_restore(&foreground->terminal);
    serial_line_close(&m.line);
    close_fd(&serial_fd);
    if (result == 0)
        result = check_end(&m, err);
    machine_watch_close(watch);
    return result;
}
