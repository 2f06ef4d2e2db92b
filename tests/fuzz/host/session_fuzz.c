/*
 * What a guest says and when, on both ports: the host's side of the talk. The input is a row of
 * pieces: one byte that says whose turn it is, one of length, and for the guest's ports that many
 * bytes.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "common/util.h"
#include "host/guest/session_private.h"
#include "tests/fuzz/fuzz.h"

enum turn {
    TURN_CONTROL, /* the guest's bytes on a port */
    TURN_DATA,
    TURN_HOST, /* the host goes on to the next phase, and reads and writes its streams */
    TURN_COUNT,
};

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

static void session_init(struct session *s)
{
    memset(s, 0, sizeof(*s));
    s->in = (struct input)INPUT_NONE;
    s->out.fd = s->err.fd = s->out.rest = s->err.rest = -1;
    FUZZ_CHECK(channel_open(&s->control, open_device("/dev/null"), PEER_GUEST_CONTROL, NULL) == 0);
    FUZZ_CHECK(channel_open(&s->data, open_device("/dev/null"), PEER_GUEST_DATA, NULL) == 0);
}

/* As session_prepare() and session_start_workload() do. */
static void go_on(struct session *s)
{
    if (s->phase == PHASE_HELLO) {
        s->phase = PHASE_SHAPE;
    } else if (s->phase == PHASE_READY) {
        relay_source_open(&s->in.source, &s->data, FRAME_STDIN, 0, open_device("/dev/zero"));
        relay_sink_open(&s->out, &s->data, FRAME_STDOUT, 0, open_device("/dev/null"));
        relay_sink_open(&s->err, &s->data, FRAME_STDERR, 0, open_device("/dev/null"));
        s->phase = PHASE_CONFIG;
    }
    if (s->phase < PHASE_CONFIG)
        return;
    if (input_wants_read(&s->in))
        input_pump(&s->in, &s->data);
    FUZZ_CHECK(relay_sink_pump(&s->out, &s->data, NULL) == 0);
    FUZZ_CHECK(relay_sink_pump(&s->err, &s->data, NULL) == 0);
    FUZZ_CHECK(channel_flush(&s->data, NULL) == 0);
}

static void check(const struct session *s, enum phase before)
{
    /* A frame is worth one phase at most, and only those that wait for the guest. */
    FUZZ_CHECK(s->phase == before || s->phase == before + 1);
    FUZZ_CHECK(s->phase == before || (before != PHASE_HELLO && before != PHASE_READY));
    FUZZ_CHECK(s->phase == PHASE_EXITED || !s->times.exited);
    FUZZ_CHECK(s->out.granted + s->out.waiting.length <= RELAY_WINDOW);
    FUZZ_CHECK(s->err.granted + s->err.waiting.length <= RELAY_WINDOW);
    FUZZ_CHECK(s->in.source.credit <= RELAY_WINDOW);
    FUZZ_CHECK(s->phase >= PHASE_CONFIG || s->out.waiting.length + s->err.waiting.length == 0);
}

/* -1: the session is over. */
static int hear(struct session *s, struct channel *ch, const uint8_t *bytes, size_t length)
{
    size_t room;
    struct frame frame;
    int result;
    uint8_t *space = decoder_space(&ch->in, &room);
    FUZZ_CHECK(room >= length);
    memcpy(space, bytes, length);
    decoder_added(&ch->in, length);
    while ((result = channel_next(ch, &frame, NULL)) > 0) {
        enum phase before = s->phase;
        struct error err = ERROR_INIT;
        result = ch == &s->control ? guest_control_frame(s, &frame, &err)
                                   : guest_data_frame(s, &frame, &err);
        FUZZ_CHECK(result == 0 || err.text[0]);
        check(s, before);
        if (result < 0)
            return -1;
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session s;
    signal(SIGPIPE, SIG_IGN);
    session_init(&s);
    while (size >= 2) {
        enum turn turn = data[0] % TURN_COUNT;
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        if (turn == TURN_HOST)
            length = 0;
        if (turn == TURN_HOST)
            go_on(&s);
        else if (hear(&s, turn == TURN_CONTROL ? &s.control : &s.data, data + 2, length) < 0)
            break;
        data += 2 + length;
        size -= 2 + length;
    }
    input_free(&s.in);
    relay_sink_free(&s.out);
    relay_sink_free(&s.err);
    channel_close(&s.control);
    channel_close(&s.data);
    return 0;
}
