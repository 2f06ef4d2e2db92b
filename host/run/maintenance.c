#include "host/run/maintenance.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/protocol.h"
#include "common/util.h"
#include "host/base/signals.h"
#include "host/machine/post_mortem.h"
#include "host/run/serial_line.h"
#include "host/run/terminal.h"

/* What ends the shell. An end-of-file character would only do at the right moment, termios(3). */
static const char farewell[] = "\nexit\n";

enum slot {
    SLOT_IN,
    SLOT_OUT,
    SLOT_SERIAL,
    SLOT_ERRORS,
    SLOT_MONITOR,
    SLOT_SIGNAL,
    SLOT_COUNT,
};

struct maintenance {
    struct machine *machine;
    struct console_log *log;
    int signal_fd;
    struct serial_line line;
    struct terminal terminal;
    struct vmm_errors errors;
    int64_t deadline; /* now_ns() time: of the announcement that other input waits for */
    bool listens;     /* the guest's shell does: what comes earlier would be lost */
    int status;       /* STATUS_SIGNAL_BASE + the signal that ends it, or 0 */
};

static void prepare(const struct maintenance *m, struct pollfd fds[SLOT_COUNT])
{
    const struct serial_line *l = &m->line;
    short in = serial_line_in_events(l), out = serial_line_out_events(l);
    if (!m->listens)
        in = 0;
    fds[SLOT_IN] = (struct pollfd){.fd = in ? l->in_fd : -1, .events = in};
    fds[SLOT_OUT] = (struct pollfd){.fd = out ? l->out_fd : -1, .events = out};
    fds[SLOT_SERIAL] = (struct pollfd){.fd = l->serial_fd, .events = serial_line_events(l)};
    fds[SLOT_ERRORS] = (struct pollfd){.fd = m->machine->errors_fd, .events = POLLIN};
    fds[SLOT_MONITOR] = (struct pollfd){.fd = m->machine->monitor.fd, .events = POLLIN};
    fds[SLOT_SIGNAL] = (struct pollfd){.fd = m->signal_fd, .events = POLLIN};
}

/* The window's size is of no use to a serial line. */
static void take_signal(struct maintenance *m)
{
    struct signalfd_siginfo info;
    if (read(m->signal_fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (signal_is_terminals((int)info.ssi_signo))
        terminal_look(&m->terminal);
    else
        m->status = STATUS_SIGNAL_BASE + (int)info.ssi_signo;
}

/* The serial line is the kernel's console, too. */
static void hear(struct maintenance *m)
{
    struct serial_line *l = &m->line;
    size_t before = l->to_user.length;
    serial_line_drain(l);
    if (l->to_user.length == before)
        return;
    console_log_add(m->log, (const char *)queue_bytes(&l->to_user) + before,
                    l->to_user.length - before);
    m->listens = m->listens || console_log_holds(m->log, MAINTENANCE_ANNOUNCEMENT);
}

static int pump(struct maintenance *m, const struct pollfd fds[SLOT_COUNT], struct error *err)
{
    struct serial_line *l = &m->line;
    bool had_input = l->in_fd >= 0;
    if (fds[SLOT_SERIAL].revents & (POLLIN | POLLHUP))
        hear(m);
    bool writable = fds[SLOT_SERIAL].revents & POLLOUT;
    serial_line_pump(l, fds[SLOT_IN].revents, fds[SLOT_OUT].revents, writable ? POLLOUT : 0);
    if (had_input && l->in_fd < 0)
        queue_append(&l->to_guest, farewell, strlen(farewell));
    if (fds[SLOT_ERRORS].revents)
        vmm_errors_pump(&m->errors, m->machine);
    if (fds[SLOT_SIGNAL].revents)
        take_signal(m);
    if (fds[SLOT_MONITOR].revents && qmp_pump(&m->machine->monitor, err) < 0)
        return -1;
    return 0;
}

static int fail(struct maintenance *m, const char *what, struct error *err)
{
    return post_mortem(what, m->machine, m->log, &m->errors, err);
}

/* Until the serial line has ended and all it brought is written, or a signal. */
static int serve(struct maintenance *m, struct error *err)
{
    const struct serial_line *l = &m->line;
    while (m->status == 0 && (l->serial_fd >= 0 || l->to_user.length > 0)) {
        struct pollfd fds[SLOT_COUNT];
        prepare(m, fds);
        int n = poll(fds, SLOT_COUNT, poll_timeout(m->listens ? DEADLINE_NONE : m->deadline));
        if (n < 0 && errno != EINTR)
            return error_errno(err, "poll");
        if (n > 0 && pump(m, fds, err) < 0)
            return -1;
        if (m->machine->monitor.stopped)
            return fail(m, "the hypervisor stopped the guest", err);
        if (!m->listens && now_ns() >= m->deadline)
            return fail(m, "the guest served no shell in time (--boot-timeout)", err);
    }
    return 0;
}

int maintenance_run(struct machine *machine, struct console_log *log, int signal_fd,
                    int64_t deadline, int *ret_status, struct error *err)
{
    char panic[256];
    bool typed = isatty(STDIN_FILENO);
    struct maintenance m = {
        .machine = machine,
        .log = log,
        .signal_fd = signal_fd,
        .line = SERIAL_LINE_INIT,
        .listens = typed,
        .deadline = deadline,
    };
    int result = serial_line_open(&m.line, machine->serial_fd, err);
    if (result == 0)
        result = terminal_open(&m.terminal, true, err);
    if (result == 0)
        result = serve(&m, err);
    terminal_restore(&m.terminal);
    serial_line_close(&m.line);
    if (result == 0 && (m.errors.length > 0 || console_log_panic(log, panic, sizeof(panic))))
        result = fail(&m, "the guest ended", err);
    *ret_status = m.status;
    return result;
}
