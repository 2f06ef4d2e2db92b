#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>

#include "guest-agent/session/session_private.h"

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: unexpected %s frame for stream %u",
                     frame_name(frame->type), frame->stream);
}

static int take_signal(const struct served *served, const struct frame *frame, struct error *err)
{
    int number;
    if (decode_signal(frame, &number, err) < 0)
        return -1;
    /* A process that has ended takes no more signals, and that is no error. */
    pidfd_send_signal(served->process.pidfd, number, NULL, 0);
    return 0;
}

static int take_size(struct served *served, const struct frame *frame, struct error *err)
{
    if (decode_winsize(frame, &served->size, err) < 0)
        return -1;
    served->resized = true;
    if (served->started)
        streams_resize(&served->streams, &served->size);
    return 0;
}

int frames_control(struct session *s, const struct frame *frame, struct error *err)
{
    if (frame->type == FRAME_EXEC)
        return execs_frame(s, frame, err);
    struct served *served = session_find(s, frame->stream);
    if (frame->type != FRAME_SIGNAL && frame->type != FRAME_WINSIZE)
        return unexpected(frame, err);
    /* A host that does not know of the process's end yet. */
    if (!served)
        return execs_named(s, frame->stream) ? 0 : unexpected(frame, err);
    return frame->type == FRAME_SIGNAL ? take_signal(served, frame, err)
                                       : take_size(served, frame, err);
}

static int keep_early(struct session *s, const struct frame *frame, struct error *err)
{
    struct early_frame early = {
        .type = frame->type, .stream = frame->stream, .length = frame->length};
    /* Nobody has asked for input yet. */
    if (frame->type == FRAME_STDIN && frame->length > 0)
        return unexpected(frame, err);
    if (s->early_count == EARLY_MAX)
        return error_set(err, "protocol error: too many frames for streams without a process");
    memcpy(early.payload, frame->payload, frame->length);
    s->early[s->early_count++] = early;
    return 0;
}

int frames_hand_over(struct session *s, uint16_t stream, struct streams *streams, struct error *err)
{
    size_t kept = 0;
    int result = 0;
    for (size_t i = 0; i < s->early_count; i++) {
        const struct early_frame early = s->early[i];
        const struct frame frame = {early.type, early.stream, early.length, early.payload};
        if (early.stream != stream)
            s->early[kept++] = early;
        else if (streams && result == 0)
            result = streams_frame(streams, &frame, err);
    }
    s->early_count = kept;
    return result;
}

/* The host sends STDIN, so a CLOSE of it says something else: protocol.h. */
static bool is_farewell(const struct frame *frame)
{
    uint16_t type = 0;
    return frame->type == FRAME_CLOSE && decode_close(frame, &type, NULL) == 0 &&
           type == FRAME_STDIN;
}

int frames_data(struct session *s, const struct frame *frame, struct error *err)
{
    uint8_t *over = &s->over[frame->stream];
    if (*over > 0) {
        *over -= is_farewell(frame);
        return 0;
    }
    struct served *served = session_find(s, frame->stream);
    if (served && served->started)
        return streams_frame(&served->streams, frame, err);
    return is_farewell(frame) ? unexpected(frame, err) : keep_early(s, frame, err);
}
