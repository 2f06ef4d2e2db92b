#include "host/guest/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

static enum input_kind kind_of(int fd, off_t *ret_start)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return INPUT_STREAM;
    if (S_ISREG(st.st_mode) && (*ret_start = lseek(fd, 0, SEEK_CUR)) >= 0)
        return INPUT_FILE;
    if (S_ISFIFO(st.st_mode))
        return INPUT_PIPE;
    return S_ISSOCK(st.st_mode) ? INPUT_SOCKET : INPUT_STREAM;
}

/* What the descriptor is, and how it is read therefore; a duplicate that does not block, or fd. */
static int look_at(struct input *in, int fd)
{
    in->fd = fd;
    in->kind = kind_of(fd, &in->start);
    in->sent = 0;
    if (in->kind == INPUT_PIPE && in->peek[0] < 0 && pipe2(in->peek, O_CLOEXEC | O_NONBLOCK) < 0)
        in->kind = INPUT_STREAM;
    /* Of a stream nothing can be left, so that it does not matter whether the process reads. */
    bool nothing_left = in->kind == INPUT_STREAM || in->kind == INPUT_FILE;
    in->reads = in->reads || (nothing_left && fd != RELAY_PARKED);
    return fd == RELAY_PARKED ? fd : reopen_nonblocking(fd, O_RDONLY);
}

void input_open(struct input *in, struct channel *ch, uint16_t stream, int fd)
{
    *in = (struct input)INPUT_NONE;
    int source = look_at(in, fd);
    in->at_end = source == -1;
    relay_source_open(&in->source, ch, FRAME_STDIN, stream, in->at_end ? RELAY_PARKED : source);
}

void input_read_ahead(struct input *in)
{
    in->reads = true;
}

void input_begin(struct input *in, struct channel *ch)
{
    if (in->at_end)
        relay_source_close(&in->source, ch);
}

bool input_wants_read(const struct input *in)
{
    return in->peeked == 0 && relay_source_wants_read(&in->source);
}

/* read(2) that takes nothing away. */
static ssize_t look(const struct input *in, void *bytes, size_t size)
{
    if (in->kind == INPUT_SOCKET)
        return recv(in->source.fd, bytes, size, MSG_PEEK | MSG_DONTWAIT);
    ssize_t n = tee(in->source.fd, in->peek[1], size, SPLICE_F_NONBLOCK);
    return n > 0 ? read(in->peek[0], bytes, (size_t)n) : n;
}

/* What was peeked is there, unless somebody else has taken it meanwhile. */
static void take(struct input *in, uint32_t count)
{
    char bytes[RELAY_FIRST];
    struct pollfd p = {.fd = in->source.fd, .events = POLLIN};
    while (count > 0 && poll(&p, 1, 0) > 0) {
        ssize_t n = read(in->source.fd, bytes, count < sizeof(bytes) ? count : sizeof(bytes));
        if (n <= 0)
            return;
        count -= (uint32_t)n;
    }
}

void input_join(struct input *in, int fd)
{
    take(in, in->peeked);
    in->peeked = 0;
    in->earlier += in->sent;
    relay_source_join(&in->source, look_at(in, fd));
}

static void pump_first(struct input *in, struct channel *ch)
{
    char bytes[RELAY_FIRST];
    size_t most = in->source.credit < sizeof(bytes) ? in->source.credit : sizeof(bytes);
    ssize_t n = look(in, bytes, most);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        relay_source_close(&in->source, ch);
        return;
    }
    channel_send(ch, FRAME_STDIN, in->source.stream, bytes, (size_t)n);
    in->source.credit -= (uint32_t)n;
    in->sent += (uint64_t)n;
    in->peeked = (uint32_t)n;
}

void input_pump(struct input *in, struct channel *ch)
{
    if (!input_wants_read(in))
        return;
    if (!in->reads) {
        pump_first(in, ch);
        return;
    }
    uint32_t before = in->source.credit;
    relay_source_pump(&in->source, ch);
    in->sent += before - in->source.credit;
}

int input_credit(struct input *in, uint32_t count, struct error *err)
{
    if (in->peeked > 0) {
        take(in, in->peeked);
        in->peeked = 0;
        in->reads = true;
    }
    return relay_source_credit(&in->source, count, err);
}

void input_close(struct input *in, struct channel *ch)
{
    /* What was peeked waits for its end: how much of it has been read is known then. */
    if (in->peeked == 0)
        relay_source_close(&in->source, ch);
}

void input_end(struct input *in, uint64_t taken)
{
    taken = taken > in->earlier ? taken - in->earlier : 0;
    if (in->kind == INPUT_FILE && in->sent > 0)
        lseek(in->fd, in->start + (off_t)(taken < in->sent ? taken : in->sent), SEEK_SET);
    if (in->peeked > 0)
        take(in, taken < in->peeked ? (uint32_t)taken : in->peeked);
    in->peeked = 0;
}

void input_free(struct input *in)
{
    relay_source_free(&in->source);
    close_fd(&in->peek[0]);
    close_fd(&in->peek[1]);
}
