#include "guest-agent/session/streams.h"

#include <fcntl.h>
#include <poll.h>

#include "common/util.h"

/*
 * The end of what is typed, or nobody who reads what comes out: the host's terminal has gone, since
 * its ^D is but a byte. While the process runs that is a hang-up of its own one.
 */
static void follow_host_terminal(struct streams *s)
{
    if (s->terminal.master < 0 || s->ended || (s->input.fd >= 0 && s->output.fd >= 0))
        return;
    relay_sink_close(&s->input, s->data);
    relay_source_close(&s->output, s->data);
    terminal_hang_up(&s->terminal);
}

/* Without POLLOUT too: POLLERR tells that the process has closed its standard input. */
static short input_events(const void *owner)
{
    return relay_sink_wants_write(&((const struct streams *)owner)->input) ? POLLOUT : 0;
}

static int input_ready(void *owner, short revents, struct error *err)
{
    struct streams *s = owner;
    /* Closed in this turn, after poll(2). */
    if (s->input.fd < 0)
        return 0;
    if (revents & POLLERR) {
        relay_sink_close(&s->input, s->data);
    } else if (revents & POLLOUT) {
        relay_sink_emptied(&s->input, s->data);
        if (relay_sink_pump(&s->input, s->data, err) < 0)
            return -1;
    }
    follow_host_terminal(s);
    return 0;
}

static short source_events(const struct relay_source *source)
{
    return relay_source_wants_read(source) ? POLLIN : WATCH_NOTHING;
}

/* The channel's queue has room for a few reads, so a source that has had one goes behind the
 * others. */
static void source_ready(struct streams *s, struct relay_source *source, struct watch *watch)
{
    if (!relay_source_wants_read(source))
        return;
    relay_source_pump(source, s->data);
    loop_remove(s->loop, watch);
    loop_add(s->loop, watch);
    follow_host_terminal(s);
}

static short output_events(const void *owner)
{
    return source_events(&((const struct streams *)owner)->output);
}

static int output_ready(void *owner, short revents, struct error *err)
{
    struct streams *s = owner;
    (void)revents;
    (void)err;
    source_ready(s, &s->output, &s->on_output);
    return 0;
}

static short error_output_events(const void *owner)
{
    return source_events(&((const struct streams *)owner)->error_output);
}

static int error_output_ready(void *owner, short revents, struct error *err)
{
    struct streams *s = owner;
    (void)revents;
    (void)err;
    source_ready(s, &s->error_output, &s->on_error_output);
    return 0;
}

static void watch_all(struct streams *s)
{
    s->on_input = (struct watch){&s->input.fd, input_events, input_ready, s};
    s->on_output = (struct watch){&s->output.fd, output_events, output_ready, s};
    s->on_error_output =
        (struct watch){&s->error_output.fd, error_output_events, error_output_ready, s};
    loop_add(s->loop, &s->on_input);
    loop_add(s->loop, &s->on_output);
    loop_add(s->loop, &s->on_error_output);
}

void streams_open(struct streams *s, struct loop *loop, struct channel *data, uint16_t stream,
                  struct process *process)
{
    int input = take_fd(&process->input);
    int output = take_fd(&process->output);
    int error_output = take_fd(&process->error_output);
    *s = (struct streams)STREAMS_NONE;
    s->loop = loop;
    s->data = data;
    s->terminal.master = take_fd(&process->master);
    s->terminal.slave = take_fd(&process->slave);
    if (s->terminal.master >= 0) {
        /* The relay closes its descriptors when it likes; window sizes need one for longer. */
        input = fcntl(s->terminal.master, F_DUPFD_CLOEXEC, 3);
        output = fcntl(s->terminal.master, F_DUPFD_CLOEXEC, 3);
        relay_sink_open(&s->input, data, FRAME_STDIN, stream, input);
    } else {
        relay_sink_open_pipe(&s->input, data, FRAME_STDIN, stream, input);
    }
    relay_source_open(&s->output, data, FRAME_STDOUT, stream, output);
    relay_source_open(&s->error_output, data, FRAME_STDERR, stream, error_output);
    watch_all(s);
}

static struct relay_source *find_source(struct streams *s, uint16_t type)
{
    if (type == FRAME_STDOUT)
        return &s->output;
    return type == FRAME_STDERR ? &s->error_output : NULL;
}

static int take_frame(struct streams *s, const struct frame *frame, struct error *err)
{
    uint16_t type = 0;
    uint32_t count = 0;
    if (frame->type == FRAME_STDIN) {
        if (relay_sink_accept(&s->input, frame, err) < 0)
            return -1;
        return relay_sink_pump(&s->input, s->data, err);
    }
    if (frame->type == FRAME_CREDIT && decode_credit(frame, &type, &count, err) < 0)
        return -1;
    if (frame->type == FRAME_CLOSE && decode_close(frame, &type, err) < 0)
        return -1;
    struct relay_source *source = find_source(s, type);
    if (!source)
        return error_set(err, "protocol error: unexpected %s frame for stream %u",
                         frame_name(frame->type), frame->stream);
    if (frame->type == FRAME_CREDIT)
        return relay_source_credit(source, count, err);
    relay_source_close(source, s->data);
    return 0;
}

int streams_frame(struct streams *s, const struct frame *frame, struct error *err)
{
    if (take_frame(s, frame, err) < 0)
        return -1;
    follow_host_terminal(s);
    return 0;
}

void streams_resize(const struct streams *s, const struct window_size *size)
{
    terminal_resize(&s->terminal, size);
}

uint64_t streams_end(struct streams *s)
{
    uint64_t taken = relay_sink_taken(&s->input);
    s->ended = true;
    relay_sink_close(&s->input, s->data);
    terminal_end(&s->terminal);
    return taken;
}

void streams_drain(struct streams *s)
{
    relay_source_drain(&s->output, s->data);
    relay_source_drain(&s->error_output, s->data);
}

void streams_cut(struct streams *s)
{
    relay_source_close(&s->output, s->data);
    relay_source_close(&s->error_output, s->data);
}

bool streams_done(const struct streams *s)
{
    return s->output.fd < 0 && s->error_output.fd < 0;
}

void streams_free(struct streams *s)
{
    if (s->loop) {
        loop_remove(s->loop, &s->on_input);
        loop_remove(s->loop, &s->on_output);
        loop_remove(s->loop, &s->on_error_output);
    }
    relay_sink_free(&s->input);
    relay_source_free(&s->output);
    relay_source_free(&s->error_output);
    terminal_close(&s->terminal);
    *s = (struct streams)STREAMS_NONE;
}
