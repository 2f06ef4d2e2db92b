/*
 * The relay joins a local descriptor (a pipe, a terminal, a file) and a data stream on a channel.
 * Both ends of the wire use the same two halves: a source reads the descriptor and sends frames
 * against credit, a sink takes frames and writes them out, giving credit back as it does.
 */
#ifndef VMC_COMMON_RELAY_H
#define VMC_COMMON_RELAY_H

#include "common/channel.h"

/* The first credit of a pipe's sink: one write(2) that is taken or left as a whole, pipe(7). */
#define RELAY_FIRST 4096u

/* What a sink is ready to hold, in bytes; also the most that is ever in flight per stream. */
#define RELAY_WINDOW (16u * FRAME_PAYLOAD_MAX)

/* In place of a descriptor: the stream goes on, and waits until it is joined to one. */
#define RELAY_PARKED (-2)

struct relay_source {
    int fd; /* owned; -1 when the stream has ended (its empty frame is sent), or is parked */
    bool parked;
    const struct channel *channel; /* borrowed; what is sent waits there until the peer reads */
    enum frame_type type;
    uint16_t stream;
    uint32_t credit;
    bool draining;
    size_t rest; /* then: how many bytes more at most */
};

/* Takes fd over; an fd of -1 is a stream that is at its end already: EOF is sent at once. */
void relay_source_open(struct relay_source *s, struct channel *ch, enum frame_type type,
                       uint16_t stream, int fd);

/* Reads another descriptor from now on, which it takes over; one that comes too late is closed. */
void relay_source_join(struct relay_source *s, int fd);

/*
 * True while reading makes sense: poll s->fd for POLLIN then. Not while a window's worth of bytes
 * waits on the channel: a peer that grants credit and never reads must not fill our memory.
 */
bool relay_source_wants_read(const struct relay_source *s);

/* One read of the descriptor, sent as frames. End of file or an error ends the stream. */
void relay_source_pump(struct relay_source *s, struct channel *ch);

/* The peer's CREDIT; what is granted and not used must not pass RELAY_WINDOW. */
int relay_source_credit(struct relay_source *s, uint32_t count, struct error *err);

/*
 * The stream ends with what is in the descriptor now, as soon as there is credit for it, and with
 * nothing of what its other end's holders write later, beyond a window's worth.
 */
void relay_source_drain(struct relay_source *s, struct channel *ch);

/* Ends the stream from this side: closes the descriptor, sends EOF unless it was sent. */
void relay_source_close(struct relay_source *s, struct channel *ch);

struct relay_sink {
    int fd; /* owned; -1 when closed, or parked */
    bool parked;
    enum frame_type type;
    uint16_t stream;
    uint32_t granted; /* credit the peer has not used yet */
    bool eof;         /* the peer's empty frame has come */
    size_t piece;     /* most bytes for one write(2) */
    bool terminal;    /* one that has hung up says EIO */
    /* Of a pipe whose reader is watched: relay_sink_open_pipe(). */
    bool watched;
    bool first; /* nothing that was written has been read yet, as far as is known */
    uint64_t written;
    int rest; /* owned; -1, or, after the end of the stream, an end of the pipe to count what is
                 left */
    struct queue waiting;
};

/* Takes fd over and grants the first credit; an fd of -1 sends CLOSE instead. */
void relay_sink_open(struct relay_sink *s, struct channel *ch, enum frame_type type,
                     uint16_t stream, int fd);

/* The same in two steps: nothing is said, and nothing but an end of the stream is taken, before the
 * second. */
void relay_sink_prepare(struct relay_sink *s, enum frame_type type, uint16_t stream, int fd);
void relay_sink_begin(struct relay_sink *s, struct channel *ch);

/* Writes to another descriptor from now on, also what waits. As relay_source_join(). */
void relay_sink_join(struct relay_sink *s, int fd);

/*
 * The same as relay_sink_open() for a pipe whose reader is not known to want anything: RELAY_FIRST
 * bytes are granted, and the window when those that came have been read, all of them; the pipe has
 * one page until then.
 */
void relay_sink_open_pipe(struct relay_sink *s, struct channel *ch, enum frame_type type,
                          uint16_t stream, int fd);

/* Of a sink opened so, poll(2) has said POLLOUT: an empty pipe, if it was written to before. */
void relay_sink_emptied(struct relay_sink *s, struct channel *ch);

/* How many bytes have been read out of a sink's pipe so far. */
uint64_t relay_sink_taken(const struct relay_sink *s);

/* Takes a data frame. More than was granted, or bytes after EOF, is a protocol error. */
int relay_sink_accept(struct relay_sink *s, const struct frame *frame, struct error *err);

/* True while bytes wait, or for relay_sink_emptied(): poll s->fd for POLLOUT then. */
bool relay_sink_wants_write(const struct relay_sink *s);

/*
 * Writes what the descriptor takes, gives credit back, closes the descriptor after the last
 * byte. A reader that has left (EPIPE; EIO of a terminal) closes the stream: CLOSE is sent, what
 * waits is dropped.
 * Any other write error does the same and is returned, once, so that no byte is lost in silence.
 */
int relay_sink_pump(struct relay_sink *s, struct channel *ch, struct error *err);

/* The local reader has left (POLLERR on a pipe): as EPIPE above. */
void relay_sink_close(struct relay_sink *s, struct channel *ch);

/* True when the peer's EOF has come and everything is written or dropped. */
bool relay_sink_done(const struct relay_sink *s);

/* Frees what is queued and closes the descriptors; sends nothing to the peer. */
void relay_source_free(struct relay_source *s);
void relay_sink_free(struct relay_sink *s);

#endif
