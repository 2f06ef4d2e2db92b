/*
 * Both halves of the relay, driven by frames of a peer that keeps no rule. The first byte says who
 * the peer is and what the descriptors are like, the rest is what it sends on the data port.
 * Nothing here blocks: the descriptors are /dev/null, /dev/zero and a pipe that does not wait.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "common/relay.h"
#include "common/util.h"
#include "tests/fuzz/fuzz.h"

enum {
    FROM_GUEST = 1,  /* the peer is the guest */
    NO_FLUSH = 2,    /* the peer reads nothing */
    SHORT_GRANT = 4, /* most of the sink's credit is used up */
    SOURCE_ENDS = 8, /* the source's descriptor is at its end, not endless */
    NO_SOURCE = 16,  /* no source descriptor at all */
    SINK_SHIFT = 5,  /* the remaining bits: enum sink_kind */
};

enum sink_kind {
    SINK_TAKES,
    SINK_FULL, /* a pipe that nobody reads */
    SINK_LEFT, /* a pipe whose reader has left */
    SINK_NONE,
};

struct relay {
    struct channel channel;
    struct relay_source source;
    struct relay_sink sink;
    int reader; /* the other end of the sink's pipe, or -1 */
};

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

static int open_sink(struct relay *r, enum sink_kind kind)
{
    int ends[2];
    r->reader = -1;
    if (kind == SINK_NONE)
        return -1;
    if (kind == SINK_TAKES)
        return open_device("/dev/null");
    FUZZ_CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    r->reader = ends[0];
    if (kind == SINK_LEFT)
        close_fd(&r->reader);
    return ends[1];
}

static void relay_init(struct relay *r, unsigned options)
{
    bool from_guest = options & FROM_GUEST;
    enum peer peer = from_guest ? PEER_GUEST_DATA : PEER_HOST_DATA;
    int source_fd = options & NO_SOURCE     ? -1
                    : options & SOURCE_ENDS ? open_device("/dev/null")
                                            : open_device("/dev/zero");
    FUZZ_CHECK(channel_open(&r->channel, open_device("/dev/null"), peer, NULL) == 0);
    relay_source_open(&r->source, &r->channel, from_guest ? FRAME_STDIN : FRAME_STDOUT, 0,
                      source_fd);
    relay_sink_open(&r->sink, &r->channel, from_guest ? FRAME_STDOUT : FRAME_STDIN, 0,
                    open_sink(r, (enum sink_kind)(options >> SINK_SHIFT & 3)));
    if ((options & SHORT_GRANT) && r->sink.granted > 0)
        r->sink.granted = 256;
}

static int take_frame(struct relay *r, const struct frame *frame)
{
    uint16_t type = frame->type;
    uint32_t count = 0;
    if (type == FRAME_CREDIT) {
        if (decode_credit(frame, &type, &count, NULL) < 0)
            return -1;
        return type == r->source.type ? relay_source_credit(&r->source, count, NULL) : -1;
    }
    if (type == FRAME_CLOSE) {
        if (decode_close(frame, &type, NULL) < 0 || type != r->source.type)
            return -1;
        relay_source_close(&r->source, &r->channel);
        return 0;
    }
    return type == r->sink.type ? relay_sink_accept(&r->sink, frame, NULL) : 0;
}

/* A turn of the event loop; memory stays bounded. */
static void turn(struct relay *r, unsigned options)
{
    relay_source_pump(&r->source, &r->channel);
    if (relay_sink_wants_write(&r->sink) && relay_sink_pump(&r->sink, &r->channel, NULL) < 0)
        FUZZ_CHECK(r->sink.fd < 0);
    FUZZ_CHECK(r->source.credit <= RELAY_WINDOW);
    FUZZ_CHECK(r->sink.granted + r->sink.waiting.length <= RELAY_WINDOW);
    FUZZ_CHECK(r->channel.out.length < 2 * RELAY_WINDOW);
    FUZZ_CHECK(!relay_sink_done(&r->sink) || r->sink.fd < 0);
    if (!(options & NO_FLUSH))
        FUZZ_CHECK(channel_flush(&r->channel, NULL) == 0);
}

static void run(struct relay *r, unsigned options, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t room;
        uint8_t *space = decoder_space(&r->channel.in, &room);
        FUZZ_CHECK(room > 0);
        size_t part = size < room ? size : room;
        memcpy(space, data, part);
        decoder_added(&r->channel.in, part);
        data += part;
        size -= part;
        struct frame frame;
        int result;
        while ((result = channel_next(&r->channel, &frame, NULL)) > 0) {
            if (take_frame(r, &frame) < 0)
                return;
            turn(r, options);
        }
        if (result < 0)
            return;
    }
    turn(r, options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct relay r;
    if (size == 0)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    relay_init(&r, data[0]);
    run(&r, data[0], data + 1, size - 1);
    if (size & 1)
        relay_sink_close(&r.sink, &r.channel);
    relay_source_free(&r.source);
    relay_sink_free(&r.sink);
    channel_close(&r.channel);
    close_fd(&r.reader);
    return 0;
}
