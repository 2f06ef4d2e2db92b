#include "host/guest/session_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "host/base/signals.h"
#include "host/machine/debugging.h"

/* What one poll(2) waits for. */
enum slot {
    SLOT_CONTROL,
    SLOT_DATA,
    SLOT_CONSOLE,
    SLOT_SERIAL,
    SLOT_VMM_ERRORS,
    SLOT_MONITOR,
    SLOT_KEEPER,
    SLOT_FILE_SERVERS,
    SLOT_FILE_SERVERS_END = SLOT_FILE_SERVERS + MACHINE_SHARES_MAX - 1,
    SLOT_NETWORK,
    SLOT_SIGNAL,
    SLOT_IN,
    SLOT_OUT,
    SLOT_ERR,
    SLOT_COUNT,
};

/* After TERM at --timeout, and after the KILL that follows it. */
#define TIMEOUT_GRACE_NS (2 * NS_PER_S)
#define INTERRUPTS_TO_KILL 3

/* ---- opening and closing ---- */

int session_open(struct session *s, const struct vm_spec *spec, struct machine *machine,
                 struct console_log *log, struct debugging *debugging, int signal_fd,
                 struct error *err)
{
    *s = (struct session){
        .spec = spec,
        .machine = machine,
        .log = log,
        .debugging = debugging,
        .signal_fd = signal_fd,
        .control.fd = -1,
        .data.fd = -1,
        .in = INPUT_NONE,
        .out.fd = -1,
        .err.fd = -1,
        .terminal.foreground = true,
        .deadline = DEADLINE_NONE,
    };
    if (channel_open(&s->control, take_fd(&machine->control_fd), PEER_GUEST_CONTROL, err) < 0 ||
        channel_open(&s->data, take_fd(&machine->data_fd), PEER_GUEST_DATA, err) < 0)
        return -1;
    if ((machine->console_fd >= 0 && set_nonblocking(machine->console_fd, true) < 0) ||
        (machine->serial_fd >= 0 && set_nonblocking(machine->serial_fd, true) < 0))
        return error_errno(err, "cannot make a socket non-blocking");
    return 0;
}

void session_close(struct session *s)
{
    terminal_restore(&s->terminal);
    input_free(&s->in);
    relay_sink_free(&s->out);
    relay_sink_free(&s->err);
    channel_close(&s->control);
    channel_close(&s->data);
}

bool session_aborted(const struct session *s, int *ret_status)
{
    if (!s->end_signal && !s->timed_out)
        return false;
    *ret_status = s->timed_out ? STATUS_TIMEOUT : STATUS_SIGNAL_BASE + s->end_signal;
    return true;
}

typedef int frame_handler(struct session *s, const struct frame *frame, struct error *err);

static int pump_channel(struct session *s, struct channel *ch, bool *eof, frame_handler *handle,
                        struct error *err)
{
    struct frame frame;
    int result;
    if (channel_fill(ch, eof, err) < 0)
        return -1;
    while ((result = channel_next(ch, &frame, err)) > 0)
        if (handle(s, &frame, err) < 0)
            return -1;
    return result;
}

/* ---- the user's side ---- */

static void send_signal(struct session *s, int signal)
{
    uint8_t payload[SIGNAL_SIZE];
    encode_signal(payload, signal);
    channel_send(&s->control, FRAME_SIGNAL, 0, payload, sizeof(payload));
}

static void send_window_size(struct session *s)
{
    uint8_t payload[WINSIZE_SIZE];
    struct window_size size = terminal_size();
    encode_winsize(payload, &size);
    channel_send(&s->control, FRAME_WINSIZE, 0, payload, sizeof(payload));
}

static int handle_signal(struct session *s, struct error *err)
{
    struct signalfd_siginfo info;
    if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
        return 0;
    int signal = (int)info.ssi_signo;
    if (signal_is_terminals(signal)) {
        terminal_look(&s->terminal);
        if (s->spec->tty && s->phase >= PHASE_CONFIG)
            send_window_size(s);
        return 0;
    }
    s->interrupts += signal == SIGINT;
    if (s->phase < PHASE_RUNNING || s->interrupts >= INTERRUPTS_TO_KILL) {
        s->end_signal = signal;
        return error_set(err, "ended by signal %d (%s)", signal, strsignal(signal));
    }
    send_signal(s, signal);
    return 0;
}

/* ---- the machine's side ---- */

static int describe_failure(struct session *s, const char *what, struct error *err)
{
    console_pump(s->log, &s->machine->serial_fd);
    return post_mortem(what, s->machine, s->log, &s->vmm_errors, err);
}

static int machine_ended(struct session *s, const char *when, struct error *err)
{
    AUTO_FREE char *what =
        xasprintf("%s ended before the workload %s", s->machine->ops->machine, when);
    return describe_failure(s, what, err);
}

static int check_machine(struct session *s, struct error *err)
{
    if (s->machine->monitor.shutdown)
        debugging_dump(s->debugging, &s->machine->monitor, s->spec->memory);
    /* All that it had to say has come; the user may take longer to read than it waits. */
    if (s->phase == PHASE_EXITED && s->out.eof && s->err.eof)
        return 0;
    /* Only a copy's machine has been told something by now. */
    if (s->phase == PHASE_BOOT && (s->machine->monitor.lost || s->machine->monitor.failure[0]))
        return describe_failure(s, "the state of the devices cannot be restored", err);
    if (s->machine->monitor.stopped && s->machine->monitor.io_node[0])
        return post_mortem_disk(&s->machine->monitor, s->spec, err);
    if (s->machine->monitor.stopped)
        return describe_failure(s,
                                s->machine->monitor.shutdown ? "the guest ended"
                                                             : "the hypervisor stopped the guest",
                                err);
    if (!s->control_eof || !s->data_eof)
        return 0;
    return machine_ended(s, s->phase < PHASE_RUNNING ? "started" : "did", err);
}

/* ---- the loop ---- */

static void want(struct pollfd *slot, int fd, short events)
{
    slot->fd = fd;
    slot->events = events;
}

static void prepare_user_slots(const struct session *s, struct pollfd fds[SLOT_COUNT])
{
    if (input_wants_read(&s->in) && s->terminal.foreground)
        want(&fds[SLOT_IN], s->in.source.fd, POLLIN);
    /* Without POLLOUT, too: POLLERR tells that a pipe's reader has left (poll(2)). */
    want(&fds[SLOT_OUT], s->out.fd, relay_sink_wants_write(&s->out) ? POLLOUT : 0);
    want(&fds[SLOT_ERR], s->err.fd, relay_sink_wants_write(&s->err) ? POLLOUT : 0);
}

static void prepare_slots(const struct session *s, struct pollfd fds[SLOT_COUNT])
{
    for (int i = 0; i < SLOT_COUNT; i++)
        fds[i] = (struct pollfd){.fd = -1};
    if (!s->control_eof)
        want(&fds[SLOT_CONTROL], s->control.fd, channel_events(&s->control));
    if (!s->data_eof)
        want(&fds[SLOT_DATA], s->data.fd, channel_events(&s->data));
    want(&fds[SLOT_CONSOLE], s->machine->console_fd, POLLIN);
    want(&fds[SLOT_SERIAL], s->machine->serial_fd, POLLIN);
    want(&fds[SLOT_VMM_ERRORS], s->machine->errors_fd, POLLIN);
    want(&fds[SLOT_MONITOR], s->machine->monitor.fd, POLLIN);
    want(&fds[SLOT_KEEPER], s->machine->keeper_fd, POLLIN);
    for (int i = 0; i < MACHINE_SHARES_MAX; i++)
        want(&fds[SLOT_FILE_SERVERS + i], s->machine->file_servers[i].pidfd, POLLIN);
    want(&fds[SLOT_NETWORK], s->network ? s->network->errors_fd : -1, POLLIN);
    want(&fds[SLOT_SIGNAL], s->signal_fd, POLLIN);
    prepare_user_slots(s, fds);
}

static int pump_sink(struct session *s, struct relay_sink *sink, short revents, struct error *err)
{
    if ((revents & (POLLERR | POLLHUP)) && !(revents & POLLOUT))
        relay_sink_close(sink, &s->data);
    else if (revents && relay_sink_pump(sink, &s->data, err) < 0)
        return error_wrap(err, sink == &s->out ? "standard output" : "standard error");
    return 0;
}

/* Who is in the background by now, after a stop, would read an error. */
static void pump_input(struct session *s)
{
    terminal_look(&s->terminal);
    if (s->terminal.foreground)
        input_pump(&s->in, &s->data);
}

static int pump_user(struct session *s, const struct pollfd fds[SLOT_COUNT], struct error *err)
{
    if (fds[SLOT_IN].revents)
        pump_input(s);
    if (pump_sink(s, &s->out, fds[SLOT_OUT].revents, err) < 0)
        return -1;
    return pump_sink(s, &s->err, fds[SLOT_ERR].revents, err);
}

/* Between the end of a killed hypervisor's sockets, which libvirt sees, and its own. */
#define DYING_PATIENCE_NS (500 * NS_PER_MS)

/* libvirt lets a domain go, too, whose hypervisor has ended: that is check_machine()'s. */
static bool has_ended(const struct machine *machine)
{
    return wait_readable(machine->process.pidfd, now_ns() + DYING_PATIENCE_NS);
}

static int pump_machine(struct session *s, const struct pollfd fds[SLOT_COUNT], struct error *err)
{
    if (fds[SLOT_CONSOLE].revents)
        console_pump(s->log, &s->machine->console_fd);
    if (fds[SLOT_SERIAL].revents)
        console_pump(s->log, &s->machine->serial_fd);
    if (fds[SLOT_VMM_ERRORS].revents)
        vmm_errors_pump(&s->vmm_errors, s->machine);
    if (fds[SLOT_NETWORK].revents)
        network_listen(s->network);
    if (fds[SLOT_KEEPER].revents && !has_ended(s->machine))
        return error_set(err, "%s", s->machine->ops->let_go);
    if (fds[SLOT_KEEPER].revents)
        close_fd(&s->machine->keeper_fd);
    /* They end with the hypervisor, too, which is check_machine()'s. */
    for (int i = 0; i < MACHINE_SHARES_MAX; i++)
        if (fds[SLOT_FILE_SERVERS + i].revents && !has_ended(s->machine))
            return describe_failure(s, "the host's files are gone: virtiofsd ended", err);
    if (fds[SLOT_MONITOR].revents && qmp_pump(&s->machine->monitor, err) < 0)
        return -1;
    if ((fds[SLOT_CONTROL].revents & (POLLIN | POLLHUP | POLLERR)) &&
        pump_channel(s, &s->control, &s->control_eof, guest_control_frame, err) < 0)
        return -1;
    if ((fds[SLOT_DATA].revents & (POLLIN | POLLHUP | POLLERR)) &&
        pump_channel(s, &s->data, &s->data_eof, guest_data_frame, err) < 0)
        return -1;
    return 0;
}

/* A channel whose other end is gone is at its end; what still waits to be sent is moot. */
static void flush_channel(struct channel *ch, bool *eof)
{
    if (!*eof && channel_flush(ch, NULL) < 0)
        queue_free(&ch->out);
}

static int64_t next_look(const struct session *s)
{
    int64_t look = s->terminal.foreground ? DEADLINE_NONE : now_ns() + TERMINAL_LOOK_NS;
    return look < s->deadline ? look : s->deadline;
}

/* Waits for the next event, until the session's deadline at the latest, and handles all of them.
 */
static int session_step(struct session *s, struct error *err)
{
    struct pollfd fds[SLOT_COUNT];
    flush_channel(&s->control, &s->control_eof);
    flush_channel(&s->data, &s->data_eof);
    prepare_slots(s, fds);
    int n = poll(fds, SLOT_COUNT, poll_timeout(next_look(s)));
    if (n < 0 && errno != EINTR)
        return error_errno(err, "poll");
    if (!s->terminal.foreground)
        terminal_look(&s->terminal);
    if (n <= 0)
        return 0;
    if (fds[SLOT_SIGNAL].revents && handle_signal(s, err) < 0)
        return -1;
    if (pump_machine(s, fds, err) < 0 || pump_user(s, fds, err) < 0)
        return -1;
    return check_machine(s, err);
}

/* Steps until the phase is reached. */
static int wait_for_phase(struct session *s, enum phase phase, const char *what, struct error *err)
{
    while (s->phase < phase) {
        if (now_ns() >= s->deadline)
            return describe_failure(s, what, err);
        if (session_step(s, err) < 0)
            return -1;
    }
    s->deadline = DEADLINE_NONE;
    return 0;
}

/* When the machine has had its time if it has a processor for itself from now on. */
static int64_t had_its_time(const struct session *s, int64_t computing)
{
    int64_t had = machine_time_ns(s->machine);
    return computing - had < DEADLINE_NONE - now_ns() ? now_ns() + computing - had : DEADLINE_NONE;
}

int session_wait_hello(struct session *s, int64_t deadline, int64_t computing, struct error *err)
{
    while (s->phase < PHASE_HELLO) {
        int64_t end = had_its_time(s, computing);
        s->deadline = end < deadline ? end : deadline;
        if (now_ns() >= s->deadline)
            return describe_failure(s,
                                    s->deadline < deadline
                                        ? "the guest computes and does not answer"
                                        : "the guest did not answer in time (--boot-timeout)",
                                    err);
        if (session_step(s, err) < 0)
            return -1;
    }
    s->deadline = DEADLINE_NONE;
    return 0;
}

static int open_user_side(struct session *s, struct error *err)
{
    if (terminal_open(&s->terminal, s->spec->tty, err) < 0)
        return -1;
    /* A descriptor that was closed before us gives -1: an end of file, a reader that left. */
    input_open(&s->in, &s->data);
    relay_sink_open(&s->out, &s->data, FRAME_STDOUT, 0,
                    reopen_nonblocking(STDOUT_FILENO, O_WRONLY));
    relay_sink_open(&s->err, &s->data, FRAME_STDERR, 0,
                    reopen_nonblocking(STDERR_FILENO, O_WRONLY));
    return 0;
}

void session_wake(struct session *s)
{
    channel_send(&s->control, FRAME_WAKE, 0, NULL, 0);
}

/* In as many frames as it takes; an empty one ends it. */
static int send_text(struct session *s, enum frame_type type, const char *text, struct error *err)
{
    size_t length = strlen(text);
    if (length > CONFIG_SIZE_MAX)
        return error_set(err, "arguments and environment are too large (%zu bytes; at most %u)",
                         length, CONFIG_SIZE_MAX);
    for (size_t sent = 0; sent < length; sent += FRAME_PAYLOAD_MAX) {
        size_t left = length - sent;
        channel_send(&s->control, type, 0, text + sent,
                     left < FRAME_PAYLOAD_MAX ? left : FRAME_PAYLOAD_MAX);
    }
    channel_send(&s->control, type, 0, NULL, 0);
    return 0;
}

int session_prepare(struct session *s, const char *shape, struct error *err)
{
    if (send_text(s, FRAME_PREPARE, shape, err) < 0)
        return -1;
    s->phase = PHASE_SHAPE;
    s->deadline = now_ns() + s->spec->boot_timeout;
    return wait_for_phase(s, PHASE_READY, "the guest did not prepare the container in time", err);
}

int session_start_workload(struct session *s, const char *config, struct error *err)
{
    if (send_text(s, FRAME_CONFIG, config, err) < 0 || open_user_side(s, err) < 0)
        return -1;
    s->phase = PHASE_CONFIG;
    s->deadline = now_ns() + s->spec->boot_timeout;
    return wait_for_phase(s, PHASE_RUNNING, "the guest did not start the workload in time", err);
}

/* --timeout has passed: TERM, then KILL, then the machine. */
static int escalate_timeout(struct session *s, int *step, struct error *err)
{
    s->timed_out = true;
    s->deadline = now_ns() + TIMEOUT_GRACE_NS;
    if (++*step > 2)
        return error_set(err, "the workload outlived --timeout and KILL");
    send_signal(s, *step == 1 ? SIGTERM : SIGKILL);
    return 0;
}

static bool output_waits(const struct session *s)
{
    return relay_sink_wants_write(&s->out) || relay_sink_wants_write(&s->err);
}

static bool finished(const struct session *s)
{
    return s->phase == PHASE_EXITED && relay_sink_done(&s->out) && relay_sink_done(&s->err) &&
           !output_waits(s);
}

int session_run(struct session *s, int *ret_status, struct error *err)
{
    int step = 0;
    if (s->spec->timeout > 0)
        s->deadline = now_ns() + s->spec->timeout;
    while (!finished(s)) {
        /* A user who does not read may take all the time there is; a guest may not. */
        if (s->phase == PHASE_EXITED && output_waits(s))
            s->deadline = now_ns() + SESSION_OUTPUT_GRACE_NS;
        if (now_ns() >= s->deadline) {
            if (s->phase == PHASE_EXITED)
                return describe_failure(s, "the guest did not end its output", err);
            if (escalate_timeout(s, &step, err) < 0)
                return -1;
        }
        if (session_step(s, err) < 0)
            return -1;
    }
    input_end(&s->in, s->record.input_taken);
    s->times.finished = now_ns();
    *ret_status = s->timed_out ? STATUS_TIMEOUT : exit_record_status(&s->record);
    return 0;
}
