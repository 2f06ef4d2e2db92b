#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "guest-agent/session/session_private.h"

#define GIVE_UP_S 10

enum slot {
    SLOT_CONTROL,
    SLOT_DATA,
    SLOT_SIGNALS,
    SLOT_INPUT,
    SLOT_OUTPUT,
    SLOT_ERROR_OUTPUT,
    SLOT_COUNT,
};

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: unexpected %s frame for stream %u",
                     frame_name(frame->type), frame->stream);
}

static int handle_control(struct session *s, const struct frame *frame, struct error *err)
{
    int number;
    struct window_size size;
    if (frame->stream != 0)
        return unexpected(frame, err);
    switch (frame->type) {
    case FRAME_SIGNAL:
        if (decode_signal(frame, &number, err) < 0)
            return -1;
        /* A workload that has ended takes no more signals, and that is no error. */
        pidfd_send_signal(s->process.pidfd, number, NULL, 0);
        return 0;
    case FRAME_WINSIZE:
        if (decode_winsize(frame, &size, err) < 0)
            return -1;
        terminal_resize(&s->terminal, &size);
        return 0;
    default:
        return unexpected(frame, err);
    }
}

static struct relay_source *find_source(struct session *s, uint16_t type)
{
    if (type == FRAME_STDOUT)
        return &s->output;
    return type == FRAME_STDERR ? &s->error_output : NULL;
}

static int handle_data(struct session *s, const struct frame *frame, struct error *err)
{
    uint16_t type = 0;
    uint32_t count = 0;
    if (frame->stream != 0)
        return unexpected(frame, err);
    if (frame->type == FRAME_STDIN) {
        if (relay_sink_accept(&s->input, frame, err) < 0)
            return -1;
        return relay_sink_pump(&s->input, &s->data, err);
    }
    if (frame->type == FRAME_CREDIT && decode_credit(frame, &type, &count, err) < 0)
        return -1;
    if (frame->type == FRAME_CLOSE && decode_close(frame, &type, err) < 0)
        return -1;
    struct relay_source *source = find_source(s, type);
    if (!source)
        return unexpected(frame, err);
    if (frame->type == FRAME_CREDIT)
        return relay_source_credit(source, count, err);
    relay_source_close(source, &s->data);
    return 0;
}

static int read_channel(struct session *s, struct channel *ch,
                        int (*handle)(struct session *, const struct frame *, struct error *),
                        struct error *err)
{
    bool eof = false;
    if (channel_fill(ch, &eof, err) < 0)
        return -1;
    struct frame frame;
    int got;
    while ((got = channel_next(ch, &frame, err)) > 0)
        if (handle(s, &frame, err) < 0)
            return -1;
    if (got == 0 && eof) {
        s->host_left = true;
        return error_set(err, "the host has closed the channel");
    }
    return got;
}

static void reap(struct session *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof(info)) == sizeof(info))
        ;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != s->process.pid || s->ended)
            continue;
        s->ended = true;
        s->record = process_record(&s->process, status);
    }
}

/* The container ends with its main process, as under docker-run(1). */
static void end_container(struct session *s)
{
    if (!process_end_all())
        s->give_up = now_ns() + GIVE_UP_S * NS_PER_S;
    s->record.input_taken = relay_sink_taken(&s->input);
    relay_sink_close(&s->input, &s->data);
    terminal_end(&s->terminal);
}

static bool finished(struct session *s)
{
    if (!s->ended)
        return false;
    if (now_ns() >= s->give_up) {
        log_debug("some process could not be ended; its output is cut off");
        relay_source_close(&s->output, &s->data);
        relay_source_close(&s->error_output, &s->data);
        return true;
    }
    return s->output.fd < 0 && s->error_output.fd < 0;
}

static void fill_slots(const struct session *s, struct pollfd fds[SLOT_COUNT])
{
    const struct relay_source *sources[] = {&s->output, &s->error_output};
    fds[SLOT_CONTROL] = (struct pollfd){s->control.fd, channel_events(&s->control), 0};
    fds[SLOT_DATA] = (struct pollfd){s->data.fd, channel_events(&s->data), 0};
    fds[SLOT_SIGNALS] = (struct pollfd){s->signals, POLLIN, 0};
    /* Without POLLOUT too: POLLERR tells that the workload has closed its standard input. */
    fds[SLOT_INPUT] =
        (struct pollfd){s->input.fd, relay_sink_wants_write(&s->input) ? POLLOUT : 0, 0};
    for (int i = 0; i < 2; i++)
        fds[SLOT_OUTPUT + i] =
            (struct pollfd){relay_source_wants_read(sources[i]) ? sources[i]->fd : -1, POLLIN, 0};
}

/*
 * The end of what is typed, or nobody who reads what comes out: the host's terminal has gone, since
 * its ^D is but a byte. While the workload runs that is a hang-up of its own one.
 */
static void follow_host_terminal(struct session *s)
{
    if (s->terminal.master < 0 || s->ended || (s->input.fd >= 0 && s->output.fd >= 0))
        return;
    relay_sink_close(&s->input, &s->data);
    relay_source_close(&s->output, &s->data);
    terminal_hang_up(&s->terminal);
}

static int pump(struct session *s, const struct pollfd fds[SLOT_COUNT], struct error *err)
{
    if (fds[SLOT_INPUT].revents & POLLERR)
        relay_sink_close(&s->input, &s->data);
    else if (fds[SLOT_INPUT].revents & POLLOUT) {
        relay_sink_emptied(&s->input, &s->data);
        if (relay_sink_pump(&s->input, &s->data, err) < 0)
            return -1;
    }
    if (fds[SLOT_OUTPUT].revents)
        relay_source_pump(&s->output, &s->data);
    if (fds[SLOT_ERROR_OUTPUT].revents)
        relay_source_pump(&s->error_output, &s->data);
    follow_host_terminal(s);
    return 0;
}

static int flush_both(struct session *s, struct error *err)
{
    if (channel_flush(&s->control, err) < 0 || channel_flush(&s->data, err) < 0) {
        s->host_left = true;
        return -1;
    }
    return 0;
}

static int turn(struct session *s, struct error *err)
{
    struct pollfd fds[SLOT_COUNT];
    fill_slots(s, fds);
    if (poll(fds, SLOT_COUNT, poll_timeout(s->give_up)) < 0 && errno != EINTR)
        return error_errno(err, "cannot wait for events");
    /* Signals before data, so that a flood of output does not delay an interrupt. */
    if (fds[SLOT_CONTROL].revents & ~POLLOUT &&
        read_channel(s, &s->control, handle_control, err) < 0)
        return -1;
    if (fds[SLOT_DATA].revents & ~POLLOUT && read_channel(s, &s->data, handle_data, err) < 0)
        return -1;
    if (pump(s, fds, err) < 0)
        return -1;
    if (fds[SLOT_SIGNALS].revents && !s->ended) {
        reap(s);
        if (s->ended)
            end_container(s);
    }
    return flush_both(s, err);
}

int session_relay(struct session *s, struct error *err)
{
    s->give_up = DEADLINE_NONE;
    /* Frames that came along with the configuration wait in the decoder: look before poll(2). */
    if (read_channel(s, &s->control, handle_control, err) < 0 || flush_both(s, err) < 0)
        return -1;
    while (!finished(s))
        if (turn(s, err) < 0)
            return -1;
    return 0;
}

int session_flush(struct session *s, int seconds, struct error *err)
{
    int64_t deadline = now_ns() + seconds * NS_PER_S;
    for (;;) {
        if (flush_both(s, err) < 0)
            return -1;
        if (s->control.out.length == 0 && s->data.out.length == 0)
            return 0;
        struct pollfd fds[] = {
            {s->control.fd, s->control.out.length ? POLLOUT : 0, 0},
            {s->data.fd, s->data.out.length ? POLLOUT : 0, 0},
        };
        if (poll(fds, 2, poll_timeout(deadline)) == 0)
            return error_set(err, "the host takes no more data");
        if ((fds[0].revents | fds[1].revents) & (POLLHUP | POLLERR)) {
            s->host_left = true;
            return error_set(err, "the host has closed the channel");
        }
    }
}
