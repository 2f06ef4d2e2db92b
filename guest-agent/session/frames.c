/* What each frame from the host does. */
#include <signal.h>
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
    if (frame->type != FRAME_SIGNAL && frame->type != FRAME_WINSIZE)
        return unexpected(frame, err);
    struct served *served = session_find(s, frame->stream);
    /* The host does not know of the process's end yet. */
    if (!served)
        return 0;
    return frame->type == FRAME_SIGNAL ? take_signal(served, frame, err)
                                       : take_size(served, frame, err);
}

int frames_data(struct session *s, const struct frame *frame, struct error *err)
{
    struct served *served = session_find(s, frame->stream);
    return served && served->started ? streams_frame(&served->streams, frame, err) : 0;
}
