/*
 * A byte queue: bytes are appended at the end and taken from the front. It grows as needed; the
 * code that fills it from untrusted input bounds it (see relay.h). Zero-initialised is empty.
 */
#ifndef VMC_COMMON_QUEUE_H
#define VMC_COMMON_QUEUE_H

#include <stddef.h>

struct queue {
    unsigned char *data;
    size_t start;
    size_t length;
    size_t capacity;
};

void queue_append(struct queue *q, const void *bytes, size_t length);

/*
 * Room for length bytes after the last one, for the caller to fill, valid until the next call;
 * queue_added() says how many were filled.
 */
unsigned char *queue_space(struct queue *q, size_t length);
void queue_added(struct queue *q, size_t length);

/* The bytes in the queue, q->length of them, valid until the next call. */
static inline const unsigned char *queue_bytes(const struct queue *q)
{
    return q->data + q->start;
}

/* Drops length bytes from the front; length is at most q->length. */
void queue_consume(struct queue *q, size_t length);

void queue_free(struct queue *q);

#endif
