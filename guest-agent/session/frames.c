#include <signal.h>
#include <sys/pidfd.h>

#include "guest-agent/session/session_private.h"

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: unexpected %s frame for stream %u",
                     frame_name(frame->type), frame->stream);
}

int frames_control(struct session *s, const struct frame *frame, struct error *err)
{
    int number;
    struct window_size size;
    struct served *served = session_find(s, frame->stream);
    if (!served)
        return unexpected(frame, err);
    switch (frame->type) {
    case FRAME_SIGNAL:
        if (decode_signal(frame, &number, err) < 0)
            return -1;
        /* A process that has ended takes no more signals, and that is no error. */
        pidfd_send_signal(served->process.pidfd, number, NULL, 0);
        return 0;
    case FRAME_WINSIZE:
        if (decode_winsize(frame, &size, err) < 0)
            return -1;
        streams_resize(&served->streams, &size);
        return 0;
    default:
        return unexpected(frame, err);
    }
}

int frames_data(struct session *s, const struct frame *frame, struct error *err)
{
    struct served *served = session_find(s, frame->stream);
    return served ? streams_frame(&served->streams, frame, err) : unexpected(frame, err);
}
