/*
 * Frames over a file descriptor that does not block: a virtio-serial port, a socket.
 */
#ifndef VMC_COMMON_CHANNEL_H
#define VMC_COMMON_CHANNEL_H

#include <sys/types.h>

#include "common/protocol.h"
#include "common/queue.h"

struct channel {
    int fd; /* owned; -1 when closed */
    struct decoder in;
    struct queue out; /* encoded frames not written yet */
};

/* Takes fd over and makes it non-blocking. peer is who sends what is read from it. */
int channel_open(struct channel *ch, int fd, enum peer peer, struct error *err);
void channel_close(struct channel *ch);

/* Queues a frame; it leaves with the next channel_flush(). */
void channel_send(struct channel *ch, enum frame_type type, uint16_t stream, const void *payload,
                  size_t length);

/*
 * One readv(2) of fd, of at most so many bytes, whose result is queued as frames, and returned as
 * that of read(2). All at once: each read of a pipe wakes who fills it, and on a single processor
 * that takes turns with the reader, at the price of its address space.
 */
ssize_t channel_send_from(struct channel *ch, enum frame_type type, uint16_t stream, int fd,
                          size_t most);

/* Writes what the descriptor takes now. -1 on an error (err: what errno says). */
int channel_flush(struct channel *ch, struct error *err);

/*
 * Reads what is there and fits. 1: something came, call channel_next() until it returns 0. 0:
 * nothing now. -1: an error. At end of file *ret_eof is set and 0 returned.
 */
int channel_fill(struct channel *ch, bool *ret_eof, struct error *err);

/* The next complete frame, as decoder_next(). */
int channel_next(struct channel *ch, struct frame *ret_frame, struct error *err);

/* The poll(2) events to wait for: always POLLIN, POLLOUT while frames wait to leave. */
short channel_events(const struct channel *ch);

#endif
