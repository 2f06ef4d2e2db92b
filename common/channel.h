/*
 * Frames over a nonblocking file descriptor: a virtio-serial port, a socket.
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

/* Takes ownership of fd and makes it nonblocking. peer is the sender of the data read from it. */
int channel_open(struct channel *ch, int fd, enum peer peer, struct error *err);
void channel_close(struct channel *ch);

/* Queues a frame; it leaves with the next channel_flush(). */
void channel_send(struct channel *ch, enum frame_type type, uint16_t stream, const void *payload,
                  size_t length);

/*
 * Text in as many frames as it takes, and an empty one that ends it: PREPARE, CONFIG, EXEC. -1 when
 * it is longer than CONFIG_SIZE_MAX.
 */
int channel_send_text(struct channel *ch, enum frame_type type, uint16_t stream, const char *text,
                      struct error *err);

/*
 * One readv(2) of at most that many bytes from fd; queues them as frames, and returns the result of
 * read(2). All at once: each read of a pipe wakes the writer, and on a single processor every
 * switch between the two costs a change of address space.
 */
ssize_t channel_send_from(struct channel *ch, enum frame_type type, uint16_t stream, int fd,
                          size_t most);

/* Writes as much as the descriptor takes now. -1 on an error (err: the errno). */
int channel_flush(struct channel *ch, struct error *err);

/*
 * Reads the available data that fits. 1: there is data, call channel_next() until it returns 0. 0:
 * nothing now. -1: an error. At end of file *ret_eof is set and 0 returned.
 */
int channel_fill(struct channel *ch, bool *ret_eof, struct error *err);

/* The next complete frame, as decoder_next(). */
int channel_next(struct channel *ch, struct frame *ret_frame, struct error *err);

/* The poll(2) events to wait for: always POLLIN, POLLOUT while frames wait to leave. */
short channel_events(const struct channel *ch);

#endif
