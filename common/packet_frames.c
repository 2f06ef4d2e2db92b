#include "common/packet_frames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

int packet_frame_first(const unsigned char *bytes, size_t count, size_t *ret_size,
                       struct error *err)
{
    uint32_t length;
    if (count < PACKET_LENGTH_SIZE)
        return 0;
    memcpy(&length, bytes, PACKET_LENGTH_SIZE);
    length = ntohl(length);
    if (length > PACKET_MAX)
        return error_set(err, "a frame of %u bytes", length);
    *ret_size = PACKET_LENGTH_SIZE + length;
    return count >= *ret_size;
}

void packet_frame_append(struct queue *q, const void *frame, size_t size)
{
    uint32_t length = htonl((uint32_t)size);
    queue_append(q, &length, sizeof(length));
    queue_append(q, frame, size);
}

int packet_writer_ready(struct packet_writer *w, struct error *err)
{
    size_t size = 0;
    if (w->left > 0)
        return 1;
    int whole = packet_frame_first(queue_bytes(&w->queue), w->queue.length, &size, err);
    w->left = whole > 0 ? size : 0;
    return whole;
}

int packet_writer_give(struct packet_writer *w, int fd)
{
    ssize_t n = write(fd, queue_bytes(&w->queue), w->left);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    queue_consume(&w->queue, (size_t)n);
    w->left -= (size_t)n;
    w->begun = w->left > 0;
    return 0;
}
