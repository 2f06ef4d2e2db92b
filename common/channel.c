#include "common/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>

#include "common/io.h"
#include "common/util.h"

/*
 * The largest frame cut out of a stream: with its header it fills two writes to a port in the
 * guest, whose driver takes 32 KiB at a time (drivers/char/virtio_console.c, port_fops_write()).
 * Eight bytes more would cost a third write, and each write exits the guest.
 */
#define PIECE ((size_t)FRAME_PAYLOAD_MAX - FRAME_HEADER_SIZE)
/* The capacity of the largest pipe that needs no privilege. */
#define READ_FRAMES_MAX 16

int channel_open(struct channel *ch, int fd, enum peer peer, struct error *err)
{
    ch->fd = fd;
    ch->out = (struct queue){0};
    decoder_init(&ch->in, peer);
    if (set_nonblocking(fd, true) < 0)
        return error_errno(err, "cannot make a channel non-blocking");
    return 0;
}

void channel_close(struct channel *ch)
{
    close_fd(&ch->fd);
    queue_free(&ch->out);
}

void channel_send(struct channel *ch, enum frame_type type, uint16_t stream, const void *payload,
                  size_t length)
{
    uint8_t header[FRAME_HEADER_SIZE];
    encode_header(header, type, stream, (uint32_t)length);
    queue_append(&ch->out, header, sizeof(header));
    queue_append(&ch->out, payload, length);
}

int channel_send_text(struct channel *ch, enum frame_type type, uint16_t stream, const char *text,
                      struct error *err)
{
    size_t length = strlen(text);
    if (length > CONFIG_SIZE_MAX)
        return error_set(err, "arguments and environment are too large (%zu bytes; at most %u)",
                         length, CONFIG_SIZE_MAX);
    for (size_t sent = 0; sent < length; sent += FRAME_PAYLOAD_MAX) {
        size_t left = length - sent;
        channel_send(ch, type, stream, text + sent,
                     left < FRAME_PAYLOAD_MAX ? left : FRAME_PAYLOAD_MAX);
    }
    channel_send(ch, type, stream, NULL, 0);
    return 0;
}

ssize_t channel_send_from(struct channel *ch, enum frame_type type, uint16_t stream, int fd,
                          size_t most)
{
    struct iovec payloads[READ_FRAMES_MAX];
    size_t room = most < PIECE * READ_FRAMES_MAX ? most : PIECE * READ_FRAMES_MAX;
    size_t count = (room + PIECE - 1) / PIECE;
    /* Frame after frame, each with its header: full frames need not be moved afterwards. */
    uint8_t *space = queue_space(&ch->out, room + count * FRAME_HEADER_SIZE);
    for (size_t i = 0; i < count; i++) {
        payloads[i].iov_base = space + i * (FRAME_HEADER_SIZE + PIECE) + FRAME_HEADER_SIZE;
        payloads[i].iov_len = i + 1 < count ? PIECE : room - i * PIECE;
    }
    ssize_t n = readv(fd, payloads, (int)count);
    for (size_t left = n > 0 ? (size_t)n : 0; left > 0;) {
        size_t length = left < PIECE ? left : PIECE;
        encode_header(space, type, stream, (uint32_t)length);
        queue_added(&ch->out, FRAME_HEADER_SIZE + length);
        space += FRAME_HEADER_SIZE + length;
        left -= length;
    }
    return n;
}

int channel_flush(struct channel *ch, struct error *err)
{
    while (ch->out.length > 0) {
        ssize_t n = write(ch->fd, queue_bytes(&ch->out), ch->out.length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n < 0)
            return error_errno(err, "cannot write to the channel");
        queue_consume(&ch->out, (size_t)n);
    }
    return 0;
}

int channel_fill(struct channel *ch, bool *ret_eof, struct error *err)
{
    size_t room;
    int came = 0;
    uint8_t *space = decoder_space(&ch->in, &room);
    /* A port gives one page for each read(2), which costs less than a turn through poll(2). */
    while (room > 0) {
        ssize_t n = read(ch->fd, space, room);
        /* Data is handled first; an end or an error comes again the next time. */
        if (n <= 0 && came)
            return 1;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            return 0;
        if (n < 0 && errno != ECONNRESET)
            return error_errno(err, "cannot read from the channel");
        if (n <= 0) {
            *ret_eof = true;
            return 0;
        }
        decoder_added(&ch->in, (size_t)n);
        came = 1;
        space += n;
        room -= (size_t)n;
    }
    return came;
}

int channel_next(struct channel *ch, struct frame *ret_frame, struct error *err)
{
    return decoder_next(&ch->in, ret_frame, err);
}

short channel_events(const struct channel *ch)
{
    return ch->out.length > 0 ? POLLIN | POLLOUT : POLLIN;
}
