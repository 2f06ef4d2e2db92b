/* The loop of a session, and its end. */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "guest-agent/session/session_private.h"

/* After the workload's end: how long the output of an EXEC may wait for its reader, and how long a
 * process that SIGKILL does not end is waited for. */
#define OUTPUT_S 5
#define GIVE_UP_S 20
/* SIGKILL is on its way already: how often to look for orphans that arrived meanwhile. */
#define END_INTERVAL_MS 20

struct served *session_find(struct session *s, uint16_t stream)
{
    if (stream == 0)
        return &s->workload;
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (s->execs[i] && s->execs[i]->stream == stream)
            return s->execs[i];
    return NULL;
}

/* The id of a process that has ended may be another one's by now. */
static struct served *find_pid(struct session *s, pid_t pid)
{
    if (!s->workload.ended && s->workload.process.pid == pid)
        return &s->workload;
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (s->execs[i] && !s->execs[i]->ended && s->execs[i]->process.pid == pid)
            return s->execs[i];
    return NULL;
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

static short control_events(const void *owner)
{
    return channel_events(&((const struct session *)owner)->control);
}

static int control_ready(void *owner, short revents, struct error *err)
{
    struct session *s = owner;
    return revents & ~POLLOUT ? read_channel(s, &s->control, frames_control, err) : 0;
}

static short data_events(const void *owner)
{
    return channel_events(&((const struct session *)owner)->data);
}

static int data_ready(void *owner, short revents, struct error *err)
{
    struct session *s = owner;
    return revents & ~POLLOUT ? read_channel(s, &s->data, frames_data, err) : 0;
}

static void workload_ended(struct served *workload, int status)
{
    workload->ended = true;
    workload->record = process_record(&workload->process, status);
    workload->record.input_taken = streams_end(&workload->streams);
}

static void reap(struct session *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct served *served = find_pid(s, pid);
        if (served == &s->workload)
            workload_ended(served, status);
        else if (served)
            execs_ended(s, served, status);
    }
    s->alone = pid < 0 && errno == ECHILD;
}

static int signals_ready(void *owner, short revents, struct error *err)
{
    struct session *s = owner;
    struct signalfd_siginfo info;
    (void)revents, (void)err;
    while (read(s->signals, &info, sizeof(info)) == sizeof(info))
        ;
    reap(s);
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

/*
 * The container ends with its main process, as under docker-run(1). It waits for a slow reader of
 * the workload's output, but not for one of an EXEC's.
 */
static void end_container(struct session *s)
{
    int64_t now = now_ns();
    if (s->ended_ns == DEADLINE_NONE)
        s->ended_ns = now;
    if (!s->alone) {
        process_kill_all();
        reap(s);
    }
    if (now >= s->ended_ns + OUTPUT_S * NS_PER_S)
        execs_cut(s);
    if (!s->alone && now >= s->ended_ns + GIVE_UP_S * NS_PER_S) {
        log_debug("a process could not be killed; its output is truncated");
        execs_give_up(s);
        streams_cut(&s->workload.streams);
        s->alone = true;
    }
}

static bool finished(const struct session *s)
{
    return s->workload.ended && s->alone && execs_count(s) == 0 &&
           streams_done(&s->workload.streams);
}

static int64_t next_deadline(const struct session *s)
{
    if (s->workload.ended && !s->alone)
        return now_ns() + END_INTERVAL_MS * NS_PER_MS;
    if (s->workload.ended && execs_count(s) > 0)
        return s->ended_ns + OUTPUT_S * NS_PER_S;
    return execs_deadline(s);
}

/* Signals come before data, so that a flood of output does not delay an interrupt. */
static void watch_all(struct session *s)
{
    s->on_control = (struct watch){&s->control.fd, control_events, control_ready, s};
    s->on_data = (struct watch){&s->data.fd, data_events, data_ready, s};
    s->on_signals = (struct watch){&s->signals, NULL, signals_ready, s};
    loop_add(&s->loop, &s->on_control);
    loop_add(&s->loop, &s->on_data);
    loop_add(&s->loop, &s->on_signals);
}

int session_relay(struct session *s, struct error *err)
{
    s->ended_ns = DEADLINE_NONE;
    watch_all(s);
    /* Frames that came along with the configuration wait in the decoder: look before poll(2). */
    if (read_channel(s, &s->control, frames_control, err) < 0 || flush_both(s, err) < 0)
        return -1;
    while (!finished(s)) {
        if (loop_turn(&s->loop, next_deadline(s), err) < 0)
            return -1;
        if (s->workload.ended)
            end_container(s);
        execs_sweep(s);
        if (flush_both(s, err) < 0)
            return -1;
    }
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
            return error_set(err, "the host accepts no more data");
        if ((fds[0].revents | fds[1].revents) & (POLLHUP | POLLERR)) {
            s->host_left = true;
            return error_set(err, "the host has closed the channel");
        }
    }
}
