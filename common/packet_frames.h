/*
 * Ethernet frames on a stream, as passt(1) and QEMU's stream network write them: each behind its
 * length, 32 bits in network order.
 */
#ifndef VMC_COMMON_PACKET_FRAMES_H
#define VMC_COMMON_PACKET_FRAMES_H

#include <stdbool.h>

#include "common/error.h"
#include "common/queue.h"

#define PACKET_LENGTH_SIZE 4u
/* The largest packet of IPv6, whose header does not count, behind an Ethernet header with room for
 * a tag. */
#define PACKET_MAX (40u + 65535u + 18u)

/*
 * Whether the bytes begin with a whole frame: 1, with its size, the length's bytes included; 0:
 * more has to come, PACKET_LENGTH_SIZE + PACKET_MAX bytes in all at most; -1: no frame can be so
 * long.
 */
int packet_frame_first(const unsigned char *bytes, size_t count, size_t *ret_size,
                       struct error *err);

/* Puts a frame behind its length. */
void packet_frame_append(struct queue *q, const void *frame, size_t size);

/*
 * Frames on their way into a stream. Zero-initialised is empty.
 *
 * Each is written whole, which saves the reader from putting it together. A socket is ready for
 * writing while less than a quarter of its room is taken (unix_writable() in net/unix/af_unix.c),
 * so one frame goes in whole.
 */
struct packet_writer {
    struct queue queue; /* frames behind their lengths; the last may be a part of one */
    size_t left;        /* of the first one, once it is known to be whole; or 0 */
    bool begun;         /* a byte of the first one has gone: nothing else may go before its rest */
};

/* Whether a whole frame, or the rest of one, waits: 1 or 0; -1 as packet_frame_first(). */
int packet_writer_ready(struct packet_writer *w, struct error *err);

/*
 * Writes one frame, or the rest of it. Only once it is ready, and poll(2) has found room in fd,
 * which does not block. -1 with errno; an attempt that was too early is none.
 */
int packet_writer_give(struct packet_writer *w, int fd);

#endif
