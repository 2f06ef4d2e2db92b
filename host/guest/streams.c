#include "host/guest/streams.h"

#include <poll.h>

#include "common/util.h"

static short input_events(const void *owner)
{
    const struct joined_streams *s = owner;
    return input_wants_read(&s->in) && !s->held ? POLLIN : WATCH_NOTHING;
}

/* Without POLLOUT, too: POLLERR tells that a pipe's reader has left (poll(2)). */
static short sink_events(const struct relay_sink *sink)
{
    return relay_sink_wants_write(sink) ? POLLOUT : 0;
}

static short out_events(const void *owner)
{
    return sink_events(&((const struct joined_streams *)owner)->out);
}

static short err_events(const void *owner)
{
    return sink_events(&((const struct joined_streams *)owner)->err);
}

static int pump_input(void *owner, short revents, struct error *err)
{
    struct joined_streams *s = owner;
    (void)revents, (void)err;
    if (!s->permit.may_read || s->permit.may_read(s->permit.owner))
        input_pump(&s->in, s->data);
    return 0;
}

static int pump_sink(struct joined_streams *s, struct relay_sink *sink, short revents,
                     const char *name, struct error *err)
{
    if ((revents & (POLLERR | POLLHUP)) && !(revents & POLLOUT))
        relay_sink_close(sink, s->data);
    else if (relay_sink_pump(sink, s->data, err) < 0) {
        error_wrap(err, "%s", name);
        if (!s->keeps_failure)
            return -1;
        s->failure = *err;
    }
    return 0;
}

static int pump_out(void *owner, short revents, struct error *err)
{
    struct joined_streams *s = owner;
    return pump_sink(s, &s->out, revents, "standard output", err);
}

static int pump_err(void *owner, short revents, struct error *err)
{
    struct joined_streams *s = owner;
    return pump_sink(s, &s->err, revents, "standard error", err);
}

void streams_open(struct joined_streams *s, struct loop *loop, struct channel *data,
                  uint16_t number, const struct stream_fds *fds)
{
    s->loop = loop;
    s->data = data;
    input_open(&s->in, data, number, fds->in);
    if (fds->in_is_its_own)
        input_read_ahead(&s->in);
    relay_sink_prepare(&s->out, FRAME_STDOUT, number, fds->out);
    relay_sink_prepare(&s->err, FRAME_STDERR, number, fds->err);
}

void streams_begin(struct joined_streams *s)
{
    input_begin(&s->in, s->data);
    relay_sink_begin(&s->out, s->data);
    relay_sink_begin(&s->err, s->data);
    s->watches[0] = (struct watch){&s->in.source.fd, input_events, pump_input, s};
    s->watches[1] = (struct watch){&s->out.fd, out_events, pump_out, s};
    s->watches[2] = (struct watch){&s->err.fd, err_events, pump_err, s};
    for (size_t i = 0; i < ARRAY_LEN(s->watches); i++)
        loop_add(s->loop, &s->watches[i]);
}

void streams_join(struct joined_streams *s, const struct stream_fds *fds)
{
    input_join(&s->in, fds->in);
    relay_sink_join(&s->out, fds->out);
    relay_sink_join(&s->err, fds->err);
}

static int wrong(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: %s frame at the wrong time", frame_name(frame->type));
}

static int handle_credit(struct joined_streams *s, const struct frame *frame, struct error *err)
{
    uint16_t type;
    uint32_t count;
    if (decode_credit(frame, &type, &count, err) < 0)
        return -1;
    return type == FRAME_STDIN ? input_credit(&s->in, count, err) : wrong(frame, err);
}

static int handle_close(struct joined_streams *s, const struct frame *frame, struct error *err)
{
    uint16_t type;
    if (decode_close(frame, &type, err) < 0)
        return -1;
    if (type != FRAME_STDIN)
        return wrong(frame, err);
    /* The process reads no more: whoever feeds us must learn it, too (SIGPIPE in a pipeline). */
    input_close(&s->in, s->data);
    return 0;
}

int streams_accept(struct joined_streams *s, const struct frame *frame, struct error *err)
{
    switch (frame->type) {
    case FRAME_STDOUT:
        return relay_sink_accept(&s->out, frame, err);
    case FRAME_STDERR:
        return relay_sink_accept(&s->err, frame, err);
    case FRAME_CREDIT:
        return handle_credit(s, frame, err);
    case FRAME_CLOSE:
        return handle_close(s, frame, err);
    default:
        return wrong(frame, err);
    }
}

bool streams_wait(const struct joined_streams *s)
{
    return relay_sink_wants_write(&s->out) || relay_sink_wants_write(&s->err);
}

bool streams_ended(const struct joined_streams *s)
{
    return s->out.eof && s->err.eof;
}

bool streams_done(const struct joined_streams *s)
{
    return relay_sink_done(&s->out) && relay_sink_done(&s->err) && !streams_wait(s);
}

void streams_leave_input(struct joined_streams *s, uint64_t taken)
{
    input_end(&s->in, taken);
}

void streams_close(struct joined_streams *s)
{
    if (s->loop)
        for (size_t i = 0; i < ARRAY_LEN(s->watches); i++)
            loop_remove(s->loop, &s->watches[i]);
    input_free(&s->in);
    relay_sink_free(&s->out);
    relay_sink_free(&s->err);
    *s = (struct joined_streams)STREAMS_NONE;
}
