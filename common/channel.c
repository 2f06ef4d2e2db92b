#include "common/channel.h"

#include <errno.h>
#include <poll.h>

#include "common/io.h"
#include "common/util.h"

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
    uint8_t *space = decoder_space(&ch->in, &room);
    ssize_t n = read(ch->fd, space, room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n < 0 && errno != ECONNRESET)
        return error_errno(err, "cannot read from the channel");
    if (n <= 0) {
        *ret_eof = true;
        return 0;
    }
    decoder_added(&ch->in, (size_t)n);
    return 1;
}

int channel_next(struct channel *ch, struct frame *ret_frame, struct error *err)
{
    return decoder_next(&ch->in, ret_frame, err);
}

short channel_events(const struct channel *ch)
{
    return ch->out.length > 0 ? POLLIN | POLLOUT : POLLIN;
}
