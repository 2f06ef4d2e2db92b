#include "common/queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/util.h"

/* Makes room for length more bytes after the last one; moves the bytes before it grows. */
static void make_room(struct queue *q, size_t length)
{
    if (q->start + q->length + length <= q->capacity)
        return;
    if (q->start > 0) {
        memmove(q->data, q->data + q->start, q->length);
        q->start = 0;
    }
    if (q->length + length <= q->capacity)
        return;
    size_t capacity = q->capacity ? q->capacity : 4096;
    while (capacity < q->length + length)
        capacity *= 2;
    q->data = xrealloc(q->data, capacity, 1);
    q->capacity = capacity;
}

void queue_append(struct queue *q, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    make_room(q, length);
    memcpy(q->data + q->start + q->length, bytes, length);
    q->length += length;
}

unsigned char *queue_space(struct queue *q, size_t length)
{
    make_room(q, length);
    return q->data + q->start + q->length;
}

void queue_added(struct queue *q, size_t length)
{
    q->length += length;
}

void queue_consume(struct queue *q, size_t length)
{
    q->start += length;
    q->length -= length;
    if (q->length == 0)
        q->start = 0;
}

void queue_free(struct queue *q)
{
    free(q->data);
    *q = (struct queue){0};
}
