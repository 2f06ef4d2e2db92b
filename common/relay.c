#include "common/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

void relay_source_open(struct relay_source *s, struct channel *ch, enum frame_type type,
                       uint16_t stream, int fd)
{
    *s = (struct relay_source){.fd = fd < 0 ? -1 : fd,
                               .parked = fd == RELAY_PARKED,
                               .channel = ch,
                               .type = type,
                               .stream = stream};
    if (fd < 0 && !s->parked)
        channel_send(ch, type, stream, NULL, 0);
}

void relay_source_join(struct relay_source *s, int fd)
{
    if (s->fd < 0 && !s->parked) {
        close_fd(&fd);
        return;
    }
    close_fd(&s->fd);
    s->parked = fd < 0;
    s->fd = fd < 0 ? -1 : fd;
}

bool relay_source_wants_read(const struct relay_source *s)
{
    return s->fd >= 0 && s->credit > 0 && s->channel->out.length < RELAY_WINDOW;
}

void relay_source_close(struct relay_source *s, struct channel *ch)
{
    if (s->fd < 0 && !s->parked)
        return;
    close_fd(&s->fd);
    s->parked = false;
    channel_send(ch, s->type, s->stream, NULL, 0);
}

static bool has_more(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

/* Not more than there is credit for, and room: the queue is kept short while it can be, but one
 * frame more is always read. */
static size_t pump_limit(const struct relay_source *s)
{
    size_t waiting = s->channel->out.length;
    size_t room =
        waiting + FRAME_PAYLOAD_MAX < RELAY_WINDOW ? RELAY_WINDOW - waiting : FRAME_PAYLOAD_MAX;
    size_t most = s->credit < room ? s->credit : room;
    return s->draining && s->rest < most ? s->rest : most;
}

void relay_source_pump(struct relay_source *s, struct channel *ch)
{
    if (!relay_source_wants_read(s))
        return;
    ssize_t n = channel_send_from(ch, s->type, s->stream, s->fd, pump_limit(s));
    if (n < 0 && (errno == EINTR || (errno == EAGAIN && !s->draining)))
        return;
    if (n <= 0) {
        relay_source_close(s, ch);
        return;
    }
    s->credit -= (uint32_t)n;
    if (!s->draining)
        return;
    s->rest -= (size_t)n;
    if (s->rest == 0 || !has_more(s->fd))
        relay_source_close(s, ch);
}

void relay_source_drain(struct relay_source *s, struct channel *ch)
{
    int held = 0;
    if (s->fd < 0)
        return;
    s->draining = true;
    s->rest = RELAY_WINDOW;
    if (ioctl(s->fd, FIONREAD, &held) == 0 && held > (int)s->rest)
        s->rest = (size_t)held;
    if (!has_more(s->fd))
        relay_source_close(s, ch);
}

int relay_source_credit(struct relay_source *s, uint32_t count, struct error *err)
{
    if (count > RELAY_WINDOW - s->credit)
        return error_set(err, "protocol error: too much credit for %s", frame_name(s->type));
    s->credit += count;
    return 0;
}

static void grant(struct relay_sink *s, struct channel *ch, uint32_t count)
{
    uint8_t payload[CREDIT_SIZE];
    encode_credit(payload, s->type, count);
    channel_send(ch, FRAME_CREDIT, s->stream, payload, sizeof(payload));
    s->granted += count;
}

static void send_close(struct relay_sink *s, struct channel *ch)
{
    uint8_t payload[CLOSE_SIZE];
    encode_close(payload, s->type);
    channel_send(ch, FRAME_CLOSE, s->stream, payload, sizeof(payload));
}

/*
 * How much one write(2) may carry. Where the descriptor could not be made non-blocking, poll(2)
 * promises room for PIPE_BUF bytes and no more (pipe(7)); a regular file takes everything.
 */
static size_t write_limit(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    bool blocks = flags >= 0 && !(flags & O_NONBLOCK);
    return blocks && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) ? PIPE_BUF : FRAME_PAYLOAD_MAX;
}

static void write_to(struct relay_sink *s, int fd)
{
    s->fd = fd < 0 ? -1 : fd;
    s->piece = write_limit(s->fd);
    s->terminal = isatty(s->fd);
}

void relay_sink_open(struct relay_sink *s, struct channel *ch, enum frame_type type,
                     uint16_t stream, int fd)
{
    relay_sink_prepare(s, type, stream, fd);
    relay_sink_begin(s, ch);
}

void relay_sink_prepare(struct relay_sink *s, enum frame_type type, uint16_t stream, int fd)
{
    *s = (struct relay_sink){.parked = fd == RELAY_PARKED, .type = type, .stream = stream};
    write_to(s, fd);
}

void relay_sink_begin(struct relay_sink *s, struct channel *ch)
{
    if (s->fd < 0 && !s->parked)
        send_close(s, ch);
    else
        grant(s, ch, RELAY_WINDOW);
}

void relay_sink_join(struct relay_sink *s, int fd)
{
    if (s->fd < 0 && !s->parked) {
        close_fd(&fd);
        return;
    }
    close_fd(&s->fd);
    s->parked = fd < 0;
    write_to(s, fd);
}

void relay_sink_open_pipe(struct relay_sink *s, struct channel *ch, enum frame_type type,
                          uint16_t stream, int fd)
{
    *s = (struct relay_sink){.fd = fd, .type = type, .stream = stream, .watched = true, .rest = -1};
    s->piece = FRAME_PAYLOAD_MAX;
    s->first = fcntl(fd, F_SETPIPE_SZ, RELAY_FIRST) > 0;
    grant(s, ch, s->first ? RELAY_FIRST : RELAY_WINDOW);
}

void relay_sink_emptied(struct relay_sink *s, struct channel *ch)
{
    if (!s->first || s->written == 0 || s->waiting.length > 0)
        return;
    s->first = false;
    fcntl(s->fd, F_SETPIPE_SZ, RELAY_WINDOW);
    if (!s->eof)
        grant(s, ch, RELAY_WINDOW - s->granted);
}

uint64_t relay_sink_taken(const struct relay_sink *s)
{
    int left = 0, fd = s->fd >= 0 ? s->fd : s->rest;
    if (!s->watched || (fd >= 0 && ioctl(fd, FIONREAD, &left) < 0))
        return 0;
    return s->written - (uint64_t)left;
}

/* What is left in a pipe after the end of the stream may still be read, or not. */
static void close_at_end(struct relay_sink *s)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
    if (s->watched && s->fd >= 0)
        s->rest = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    close_fd(&s->fd);
    s->parked = false;
}

int relay_sink_accept(struct relay_sink *s, const struct frame *frame, struct error *err)
{
    if (s->eof)
        return error_set(err, "protocol error: %s after its end", frame_name(s->type));
    if (frame->length > s->granted)
        return error_set(err, "protocol error: more %s than was asked for", frame_name(s->type));
    s->granted -= frame->length;
    s->eof = frame->length == 0;
    /* After CLOSE, what was under way still comes; it has nowhere to go. */
    if (s->fd >= 0 || s->parked)
        queue_append(&s->waiting, frame->payload, frame->length);
    if (s->eof && s->waiting.length == 0)
        close_at_end(s);
    return 0;
}

bool relay_sink_wants_write(const struct relay_sink *s)
{
    return s->fd >= 0 && (s->waiting.length > 0 || (s->first && s->written > 0));
}

void relay_sink_close(struct relay_sink *s, struct channel *ch)
{
    if (s->fd < 0 && !s->parked)
        return;
    s->written = relay_sink_taken(s);
    close_fd(&s->fd);
    s->parked = false;
    queue_free(&s->waiting);
    if (!s->eof)
        send_close(s, ch);
}

int relay_sink_pump(struct relay_sink *s, struct channel *ch, struct error *err)
{
    if (s->fd < 0 || s->waiting.length == 0)
        return 0;
    size_t piece = s->waiting.length < s->piece ? s->waiting.length : s->piece;
    ssize_t n = write(s->fd, queue_bytes(&s->waiting), piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n < 0) {
        int cause = errno;
        relay_sink_close(s, ch);
        errno = cause;
        bool left = cause == EPIPE || (cause == EIO && s->terminal);
        return left ? 0 : error_errno(err, "cannot write");
    }
    queue_consume(&s->waiting, (size_t)n);
    s->written += (uint64_t)n;
    /* Credit goes back in large pieces: one frame for every half window, not for every write. */
    uint32_t held = s->granted + (uint32_t)s->waiting.length;
    if (!s->eof && !s->first && held <= RELAY_WINDOW / 2)
        grant(s, ch, RELAY_WINDOW - held);
    if (s->eof && s->waiting.length == 0)
        close_at_end(s);
    return 0;
}

bool relay_sink_done(const struct relay_sink *s)
{
    return s->eof && s->waiting.length == 0;
}

void relay_source_free(struct relay_source *s)
{
    close_fd(&s->fd);
}

void relay_sink_free(struct relay_sink *s)
{
    close_fd(&s->fd);
    if (s->watched)
        close_fd(&s->rest);
    queue_free(&s->waiting);
}
