/*
 * The three streams of a process in the guest, and what they are joined to on the host:
 * descriptors, or nothing. That may change while the process runs; a stream that is joined to
 * nothing waits, without delaying the others.
 */
#ifndef VMC_HOST_GUEST_STREAMS_H
#define VMC_HOST_GUEST_STREAMS_H

#include "common/loop.h"
#include "common/relay.h"
#include "host/guest/input.h"

/*
 * Descriptors for a process. -1: an input at its end, an output whose reader has left.
 * RELAY_PARKED: nothing for now; the process waits once the window is full (relay.h).
 */
struct stream_fds {
    int in; /* borrowed; how much is consumed depends on its kind, input.h */
    int out;
    int err; /* both owned by the streams from here on, and non-blocking where that is possible */
    bool in_is_its_own; /* no other process reads in: what this one leaves may be consumed */
};

/*
 * Asked before input is read, which a background job of a terminal must not do: false leaves it
 * unread. may_read NULL: it is always read.
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
    bool held; /* input is left unread for now */
    /* A failed write ends the stream, and the loop. With keeps_failure the loop goes on, and the
     * error is here. */
    bool keeps_failure;
    struct error failure;
    struct watch watches[3];
};
#define STREAMS_NONE                                                                               \
    {                                                                                              \
        .in = INPUT_NONE, .out.fd = -1, .err.fd = -1                                               \
    }

/*
 * Opens the streams of the process with that number, which may send from now on. streams_begin()
 * grants it credit once it has started: the agent ignores frames for a process that has not. s
 * stays at its address.
 */
void streams_open(struct joined_streams *s, struct loop *loop, struct channel *data,
                  uint16_t number, const struct stream_fds *fds);
void streams_begin(struct joined_streams *s);

/* Joins them to other descriptors while the process runs: queued output goes to the new ones. */
void streams_join(struct joined_streams *s, const struct stream_fds *fds);

/* Handles a frame of the data port for this process. */
int streams_accept(struct joined_streams *s, const struct frame *frame, struct error *err);

/* True while received output is not written yet. */
bool streams_wait(const struct joined_streams *s);

/* True when the guest has sent the ends of both outputs; done: and all of it is written. */
bool streams_ended(const struct joined_streams *s);
bool streams_done(const struct joined_streams *s);

/*
 * The process has ended after reading taken bytes of its input: the rest is left to other readers.
 */
void streams_leave_input(struct joined_streams *s, uint64_t taken);

/* Sends nothing to the guest. Harmless on STREAMS_NONE, and when called twice. */
void streams_close(struct joined_streams *s);

#endif
