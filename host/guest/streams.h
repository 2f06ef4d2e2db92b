/*
 * The three streams of a process in the guest, and what they are joined to here: descriptors, or
 * nothing. That may change while the process runs; a stream that is joined to nothing waits, and
 * holds up no other.
 */
#ifndef VMC_HOST_GUEST_STREAMS_H
#define VMC_HOST_GUEST_STREAMS_H

#include "common/loop.h"
#include "common/relay.h"
#include "host/guest/input.h"

/*
 * Of a process. -1: an input at its end, a reader that has left. RELAY_PARKED: nothing for now; the
 * process waits once the window is full (relay.h).
 */
struct stream_fds {
    int in; /* borrowed: how much is taken of it depends on what it is, input.h */
    int out;
    int err; /* both owned by the streams from here on, and non-blocking where that is possible */
};

/*
 * Asked before input is read, which another job of a terminal must not do: false to leave it. NULL:
 * it is always read.
 */
struct input_permit {
    bool (*may_read)(void *owner);
    void *owner;
};

struct joined_streams {
    struct loop *loop;    /* borrowed, as the channel is */
    struct channel *data; /* the guest's data port; NULL: never opened */
    struct input in;
    struct relay_sink out;
    struct relay_sink err;
    struct input_permit permit;
    bool held; /* input is left where it is for now */
    /* What cannot be written ends the stream, and the loop; with keeps_failure, it is kept here. */
    bool keeps_failure;
    struct error failure;
    struct watch watches[3];
};
#define STREAMS_NONE                                                                               \
    {                                                                                              \
        .in = INPUT_NONE, .out.fd = -1, .err.fd = -1                                               \
    }

/*
 * Joins the streams of a process of that number. It may speak from now on, and learns that it is
 * heard with streams_begin(): the agent ignores what comes before the process is there. s does not
 * move.
 */
void streams_open(struct joined_streams *s, struct loop *loop, struct channel *data,
                  uint16_t number, const struct stream_fds *fds);
void streams_begin(struct joined_streams *s);

/* Joins them to others while the process runs: what waits of an output goes to its new one. */
void streams_join(struct joined_streams *s, const struct stream_fds *fds);

/* A frame of the data port that is about this process. */
int streams_accept(struct joined_streams *s, const struct frame *frame, struct error *err);

/* True while some output that has come is not written yet. */
bool streams_wait(const struct joined_streams *s);

/* True when the guest has sent the ends of both outputs; and when all of them is written, too. */
bool streams_ended(const struct joined_streams *s);
bool streams_done(const struct joined_streams *s);

/* The process has ended and has read so many bytes of its input: the rest is left to others. */
void streams_leave_input(struct joined_streams *s, uint64_t taken);

/* Without a word to the guest. Harmless on STREAMS_NONE, and a second time. */
void streams_close(struct joined_streams *s);

#endif
