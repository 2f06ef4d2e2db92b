/*
 * What the guest says, and when it may say it.
 */
#include "host/guest/session_private.h"

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: %s frame at the wrong time", frame_name(frame->type));
}

static int handle_hello(struct session *s, const struct frame *frame, struct error *err)
{
    if (s->phase != PHASE_BOOT)
        return unexpected(frame, err);
    if (decode_hello(frame, &s->times.guest_hello, err) < 0)
        return -1;
    s->times.hello = now_ns();
    s->phase = PHASE_HELLO;
    return 0;
}

static int handle_prepared(struct session *s, const struct frame *frame, struct error *err)
{
    if (s->phase != PHASE_SHAPE)
        return unexpected(frame, err);
    s->phase = PHASE_READY;
    return 0;
}

static int handle_started(struct session *s, const struct frame *frame, struct error *err)
{
    if (s->phase != PHASE_CONFIG)
        return unexpected(frame, err);
    if (decode_started(frame, &s->times.guest_started, err) < 0)
        return -1;
    s->times.started = now_ns();
    s->phase = PHASE_RUNNING;
    return 0;
}

static int handle_exit(struct session *s, const struct frame *frame, struct error *err)
{
    if (s->phase != PHASE_RUNNING)
        return unexpected(frame, err);
    if (decode_exit(frame, &s->record, err) < 0)
        return -1;
    s->times.exited = now_ns();
    s->phase = PHASE_EXITED;
    s->deadline = now_ns() + SESSION_OUTPUT_GRACE_NS;
    return 0;
}

int guest_control_frame(struct session *s, const struct frame *frame, struct error *err)
{
    switch (frame->type) {
    case FRAME_HELLO:
        return handle_hello(s, frame, err);
    case FRAME_PREPARED:
        return handle_prepared(s, frame, err);
    case FRAME_STARTED:
        return handle_started(s, frame, err);
    case FRAME_EXIT:
        return handle_exit(s, frame, err);
    case FRAME_ERROR:
        return decode_error(frame, err);
    default:
        return unexpected(frame, err);
    }
}

static int handle_credit(struct session *s, const struct frame *frame, struct error *err)
{
    uint16_t type;
    uint32_t count;
    if (decode_credit(frame, &type, &count, err) < 0)
        return -1;
    return type == FRAME_STDIN ? input_credit(&s->in, count, err) : unexpected(frame, err);
}

static int handle_close(struct session *s, const struct frame *frame, struct error *err)
{
    uint16_t type;
    if (decode_close(frame, &type, err) < 0)
        return -1;
    if (type != FRAME_STDIN)
        return unexpected(frame, err);
    /* The workload reads no more: whoever feeds us must learn it, too (SIGPIPE in a pipeline). */
    input_close(&s->in, &s->data);
    return 0;
}

int guest_data_frame(struct session *s, const struct frame *frame, struct error *err)
{
    if (frame->stream != 0)
        return error_set(err, "protocol error: stream %u", frame->stream);
    /* There are no streams before the configuration is sent. */
    if (s->phase < PHASE_CONFIG)
        return unexpected(frame, err);
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
        return unexpected(frame, err);
    }
}
