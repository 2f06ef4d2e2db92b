#include "guest-agent/session/handshake.h"

#include <errno.h>
#include <poll.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/boot/machine.h"

#define CONFIG_DEADLINE_S 60

int handshake_hello(int control, uint64_t began_ns, struct error *err)
{
    struct hello hello = {
        .version = PROTOCOL_VERSION, .kernel_ns = began_ns, .agent_ns = boottime_ns()};
    uint8_t bytes[FRAME_HEADER_SIZE + HELLO_SIZE];
    encode_header(bytes, FRAME_HELLO, 0, HELLO_SIZE);
    encode_hello(bytes + FRAME_HEADER_SIZE, &hello);
    if (write_all(control, bytes, sizeof(bytes)) < 0)
        return error_errno(err, "cannot send HELLO to the host");
    return 0;
}

/* 1: one more frame in *ret_frame. */
static int await_frame(struct channel *control, int64_t deadline, struct frame *ret_frame,
                       struct error *err)
{
    for (;;) {
        int got = channel_next(control, ret_frame, err);
        if (got != 0)
            return got;
        if (channel_flush(control, err) < 0)
            return -1;
        struct pollfd p = {.fd = control->fd, .events = channel_events(control)};
        int ready = poll(&p, 1, poll_timeout(deadline));
        if (ready == 0)
            return error_set(err, "the host sent no configuration within %d s", CONFIG_DEADLINE_S);
        bool eof = false;
        if (ready > 0 && channel_fill(control, &eof, err) < 0)
            return -1;
        if (eof)
            return error_set(err, "the host closed the channel before it sent a configuration");
    }
}

/* A copy of a guest that has said it to somebody else. */
static void say_again(struct channel *control)
{
    uint64_t now = boottime_ns();
    const struct hello hello = {.version = PROTOCOL_VERSION, .kernel_ns = now, .agent_ns = now};
    uint8_t payload[HELLO_SIZE];
    encode_hello(payload, &hello);
    channel_send(control, FRAME_HELLO, 0, payload, sizeof(payload));
}

/* All frames of one type, until the empty one, into text. */
static int collect(struct channel *control, enum frame_type type, struct queue *text,
                   struct error *err)
{
    int64_t deadline = now_ns() + CONFIG_DEADLINE_S * NS_PER_S;
    for (;;) {
        struct frame frame;
        if (await_frame(control, deadline, &frame, err) < 0)
            return -1;
        if (frame.type == FRAME_WAKE && type == FRAME_CONFIG && text->length == 0) {
            say_again(control);
            deadline = now_ns() + CONFIG_DEADLINE_S * NS_PER_S;
            continue;
        }
        if (frame.type != type || frame.stream != 0)
            return error_set(err, "protocol error: unexpected %s frame, not %s",
                             frame_name(frame.type), frame_name(type));
        if (frame.length == 0)
            break;
        if (frame.length > CONFIG_SIZE_MAX - text->length)
            return error_set(err, "the configuration is larger than %u bytes", CONFIG_SIZE_MAX);
        queue_append(text, frame.payload, frame.length);
    }
    return text->length == 0 ? error_set(err, "the configuration is empty") : 0;
}

int handshake_shape(struct channel *control, struct container_shape *ret, struct error *err)
{
    struct queue text = {0};
    int result = collect(control, FRAME_PREPARE, &text, err);
    if (result == 0)
        result = container_shape_parse((const char *)queue_bytes(&text), text.length, ret, err);
    queue_free(&text);
    return result;
}

int handshake_config(struct channel *control, struct agent_config *config, struct queue *ret_text,
                     struct error *err)
{
    channel_send(control, FRAME_PREPARED, 0, NULL, 0);
    if (collect(control, FRAME_CONFIG, ret_text, err) < 0)
        return -1;
    return agent_config_parse((const char *)queue_bytes(ret_text), ret_text->length, config, err);
}
