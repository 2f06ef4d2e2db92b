#include "host/run/foreground.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/signals.h"

/* After TERM at --timeout, and after the KILL that follows it. */
#define TIMEOUT_GRACE_NS (2 * NS_PER_S)
#define INTERRUPTS_TO_KILL 3

/* ---- signals and the terminal ---- */

/* A job in the background that read its terminal would be stopped. */
static void look(struct foreground *f)
{
    terminal_look(&f->terminal);
    if (f->workload)
        f->workload->streams.held = !f->terminal.foreground;
}

/* Whoever is in the background by now, after a stop, would read an error. */
static bool may_read(void *owner)
{
    struct foreground *f = owner;
    look(f);
    return f->terminal.foreground;
}

static bool workload_runs(const struct foreground *f)
{
    return f->guest && f->guest->link.phase >= LINK_RUNNING;
}

static void resize(const struct foreground *f)
{
    struct window_size size = terminal_size();
    if (f->tty && f->guest && f->guest->link.phase >= LINK_CONFIG)
        link_resize(&f->guest->link, f->workload, &size);
}

static int take_signal(void *owner, short revents, struct error *err)
{
    struct foreground *f = owner;
    struct signalfd_siginfo info;
    (void)revents;
    if (read(f->signal_fd, &info, sizeof(info)) != sizeof(info))
        return 0;
    int signal = (int)info.ssi_signo;
    if (signal_is_terminals(signal)) {
        look(f);
        resize(f);
        return 0;
    }
    f->interrupts += signal == SIGINT;
    if (!workload_runs(f) || f->interrupts >= INTERRUPTS_TO_KILL) {
        f->end_signal = signal;
        return error_set(err, "ended by signal %d (%s)", signal, strsignal(signal));
    }
    link_signal(&f->guest->link, f->workload, signal);
    return 0;
}

void foreground_open(struct foreground *f, struct loop *loop, int signal_fd, bool tty)
{
    *f = (struct foreground){
        .loop = loop, .signal_fd = signal_fd, .tty = tty, .terminal.foreground = true};
    f->signals = (struct watch){.fd = &f->signal_fd, .ready = take_signal, .owner = f};
    loop_add(loop, &f->signals);
}

void foreground_attend(struct foreground *f, struct guest *guest, struct guest_process *workload)
{
    f->guest = guest;
    f->workload = workload;
}

int foreground_streams(struct foreground *f, struct stream_fds *ret, struct error *err)
{
    if (terminal_open(&f->terminal, f->tty, err) < 0)
        return -1;
    f->workload->streams.permit = (struct input_permit){may_read, f};
    f->workload->streams.held = !f->terminal.foreground;
    /* A descriptor that was closed before us gives -1: an end of file, a reader that left. */
    *ret = (struct stream_fds){
        .in = STDIN_FILENO,
        .out = reopen_nonblocking(STDOUT_FILENO, O_WRONLY),
        .err = reopen_nonblocking(STDERR_FILENO, O_WRONLY),
    };
    return 0;
}

void foreground_close(struct foreground *f)
{
    terminal_restore(&f->terminal);
    if (f->loop)
        loop_remove(f->loop, &f->signals);
    f->loop = NULL;
}

bool foreground_aborted(const struct foreground *f, int *ret_status)
{
    if (!f->end_signal && !f->timed_out)
        return false;
    *ret_status = f->timed_out ? STATUS_TIMEOUT : STATUS_SIGNAL_BASE + f->end_signal;
    return true;
}

/* ---- until the workload has ended ---- */

/* The timeout has passed, for the step-th time: TERM, then KILL, then the machine. */
static int escalate_timeout(struct foreground *f, int step, struct error *err)
{
    f->timed_out = true;
    if (step > 2)
        return error_set(err, "the workload survived --timeout and KILL");
    link_signal(&f->guest->link, f->workload, step == 1 ? SIGTERM : SIGKILL);
    return 0;
}

/* A turn, in which one in the background looks whether it still is. */
static int turn(struct foreground *f, int64_t deadline, struct error *err)
{
    int64_t next_look = f->terminal.foreground ? DEADLINE_NONE : now_ns() + TERMINAL_LOOK_NS;
    if (guest_turn(f->guest, next_look < deadline ? next_look : deadline, err) < 0)
        return -1;
    if (!f->terminal.foreground)
        look(f);
    return 0;
}

static int wait_for_exit(struct foreground *f, int64_t timeout, struct error *err)
{
    int64_t deadline = timeout > 0 ? now_ns() + timeout : DEADLINE_NONE;
    int step = 0;
    while (f->workload->state < PROCESS_EXITED) {
        if (now_ns() >= deadline) {
            if (escalate_timeout(f, ++step, err) < 0)
                return -1;
            deadline = now_ns() + TIMEOUT_GRACE_NS;
        }
        if (turn(f, deadline, err) < 0)
            return -1;
    }
    return 0;
}

static int wait_for_output(struct foreground *f, struct error *err)
{
    int64_t deadline = now_ns() + GUEST_OUTPUT_GRACE_NS;
    while (!process_is_done(f->workload)) {
        /* A user who does not read may take all the time there is; a guest may not. */
        if (streams_wait(&f->workload->streams))
            deadline = now_ns() + GUEST_OUTPUT_GRACE_NS;
        if (now_ns() >= deadline)
            return machine_describe_failure(&f->guest->machine, "the guest did not end its output",
                                            err);
        if (turn(f, deadline, err) < 0)
            return -1;
    }
    return 0;
}

int foreground_wait(struct foreground *f, int64_t timeout, int *ret_status, struct error *err)
{
    if (wait_for_exit(f, timeout, err) < 0 || wait_for_output(f, err) < 0)
        return -1;
    streams_leave_input(&f->workload->streams, f->workload->record.input_taken);
    f->finished_ns = now_ns();
    *ret_status = f->timed_out ? STATUS_TIMEOUT : exit_record_status(&f->workload->record);
    return 0;
}
