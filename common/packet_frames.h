/*
 * Ethernet frames on a stream, as passt(1) and QEMU's stream network write them: each after its
 * length, 32 bits in network order.
 */
#ifndef VMC_COMMON_PACKET_FRAMES_H
#define VMC_COMMON_PACKET_FRAMES_H

#include <stdbool.h>

#include "common/error.h"
#include "common/queue.h"

#define PACKET_LENGTH_SIZE 4u
/*
 * The largest IPv6 packet, whose header does not count, after an Ethernet header with room for a
 * tag.
 */
#define PACKET_MAX (40u + 65535u + 18u)

/*
 * 1: the bytes begin with a whole frame; its size includes the bytes of the length. 0: more bytes
 * are needed, at most PACKET_LENGTH_SIZE + PACKET_MAX in all. -1: no frame can be that long.
 */
int packet_frame_first(const unsigned char *bytes, size_t count, size_t *ret_size,
                       struct error *err);

/* Appends a frame after its length. */
void packet_frame_append(struct queue *q, const void *frame, size_t size);

/*
 * Frames on their way into a stream. Zero-initialised is empty.
 *
 * Each is written whole, so the reader need not assemble it. A socket is ready for writing while
 * less than a quarter of its buffer is used (unix_writable() in net/unix/af_unix.c), so a whole
 * frame fits.
 */
struct packet_writer {
    struct queue queue; /* frames after their lengths; the last may be partial */
    size_t left;        /* bytes of the first frame, once it is known to be whole; or 0 */
    bool begun;         /* part of the first frame is written: its rest must follow */
};

/* 1 if a whole frame, or the rest of one, waits; 0 if not; -1 as packet_frame_first(). */
int packet_writer_ready(struct packet_writer *w, struct error *err);

/*
 * Writes one frame, or the rest of it. Call it only when one is ready and poll(2) has found room in
 * the nonblocking fd. -1 with errno; a call that was too early is not an error.
 */
int packet_writer_give(struct packet_writer *w, int fd);

#endif
