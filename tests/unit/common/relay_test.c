#include "common/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "tests/unit/check.h"

/*
 * A stream from one end to the other: source -> guest's data channel -> host's -> sink.
 * feed[1] is what the workload writes to, drain[0] what the user's program reads from.
 */
struct stream {
    struct channel guest, host;
    struct relay_source source;
    struct relay_sink sink;
    int feed[2], drain[2];
};

static int open_stream(void **state)
{
    struct stream *s = xcalloc(1, sizeof(*s));
    struct error err = ERROR_INIT;
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ||
        pipe2(s->feed, O_NONBLOCK | O_CLOEXEC) < 0 || pipe2(s->drain, O_NONBLOCK | O_CLOEXEC) < 0)
        return -1;
    channel_open(&s->guest, fds[0], PEER_HOST_DATA, &err);
    channel_open(&s->host, fds[1], PEER_GUEST_DATA, &err);
    relay_source_open(&s->source, &s->guest, FRAME_STDOUT, 0, s->feed[0]);
    relay_sink_open(&s->sink, &s->host, FRAME_STDOUT, 0, s->drain[1]);
    *state = s;
    return 0;
}

static int close_stream(void **state)
{
    struct stream *s = *state;
    relay_source_free(&s->source);
    relay_sink_free(&s->sink);
    channel_close(&s->guest);
    channel_close(&s->host);
    close_fd(&s->feed[1]);
    close_fd(&s->drain[0]);
    free(s);
    return 0;
}

/* The guest's side of the wire: credit and close for the source. */
static void guest_turn(struct stream *s)
{
    struct error err = ERROR_INIT;
    struct frame frame;
    bool eof = false;
    relay_source_pump(&s->source, &s->guest);
    channel_flush(&s->guest, &err);
    channel_fill(&s->guest, &eof, &err);
    while (channel_next(&s->guest, &frame, &err) > 0) {
        uint16_t type;
        uint32_t count;
        if (frame.type == FRAME_CREDIT) {
            assert_int_equal(decode_credit(&frame, &type, &count, &err), 0);
            assert_int_equal(type, FRAME_STDOUT);
            assert_int_equal(relay_source_credit(&s->source, count, &err), 0);
        } else {
            assert_int_equal(frame.type, FRAME_CLOSE);
            relay_source_close(&s->source, &s->guest);
        }
    }
    channel_flush(&s->guest, &err);
}

/* The host's side; the result is relay_sink_pump()'s. */
static int host_turn(struct stream *s, struct error *err)
{
    struct frame frame;
    bool eof = false;
    channel_flush(&s->host, err);
    channel_fill(&s->host, &eof, err);
    while (channel_next(&s->host, &frame, err) > 0)
        assert_int_equal(relay_sink_accept(&s->sink, &frame, err), 0);
    int result = relay_sink_pump(&s->sink, &s->host, err);
    channel_flush(&s->host, err);
    return result;
}

static void turn(struct stream *s)
{
    struct error err = ERROR_INIT;
    guest_turn(s);
    assert_int_equal(host_turn(s, &err), 0);
    /* The bound that the whole design rests on. */
    assert_true(s->sink.waiting.length <= RELAY_WINDOW);
    assert_true(s->sink.granted <= RELAY_WINDOW);
    assert_true(s->guest.out.length <= RELAY_WINDOW + FRAME_PAYLOAD_MAX + 4096);
}

static unsigned char at(size_t position)
{
    return (unsigned char)(position * 37 + (position >> 7));
}

/* Writes what fits of the pattern; total is where it ends. */
static void produce(struct stream *s, size_t *written, size_t total)
{
    unsigned char piece[5000];
    size_t n = total - *written < sizeof(piece) ? total - *written : sizeof(piece);
    for (size_t i = 0; i < n; i++)
        piece[i] = at(*written + i);
    ssize_t done = n ? write(s->feed[1], piece, n) : 0;
    if (done > 0)
        *written += (size_t)done;
    if (*written == total)
        close_fd(&s->feed[1]);
}

/* Reads at most limit bytes and checks them. True at end of file. */
static bool consume(struct stream *s, size_t *taken, size_t limit)
{
    unsigned char piece[65536];
    ssize_t n = read(s->drain[0], piece, limit < sizeof(piece) ? limit : sizeof(piece));
    for (ssize_t i = 0; i < n; i++)
        if (piece[i] != at((*taken)++))
            fail();
    return n == 0;
}

static void transfer(struct stream *s, size_t total, size_t reader_limit)
{
    size_t written = 0, taken = 0;
    for (;;) {
        if (s->feed[1] >= 0)
            produce(s, &written, total);
        turn(s);
        if (consume(s, &taken, reader_limit))
            break;
    }
    assert_int_equal(taken, total);
    assert_true(relay_sink_done(&s->sink));
    assert_int_equal(s->sink.fd, -1);
    assert_int_equal(s->source.fd, -1);
}

static void bytes_pass_unchanged(void **state)
{
    transfer(*state, 3000000, 65536);
}

static void nothing_is_sent_without_credit(void **state)
{
    struct stream *s = *state;
    assert_false(relay_source_wants_read(&s->source));
    assert_int_equal(write(s->feed[1], "abc", 3), 3);
    relay_source_pump(&s->source, &s->guest);
    assert_int_equal(s->guest.out.length, 0);
    struct error err = ERROR_INIT;
    assert_int_equal(relay_source_credit(&s->source, 2, &err), 0);
    assert_true(relay_source_wants_read(&s->source));
    relay_source_pump(&s->source, &s->guest);
    assert_int_equal(s->guest.out.length, FRAME_HEADER_SIZE + 2);
    assert_false(relay_source_wants_read(&s->source));
}

static void empty_stream_is_seen_as_end(void **state)
{
    transfer(*state, 0, 10);
}

static void slow_reader_loses_nothing(void **state)
{
    transfer(*state, 600000, 100);
}

/* A reader that does not read at all: turn() checks the bound, and the producer is stopped. */
static void stopped_reader_stops_the_producer(void **state)
{
    struct stream *s = *state;
    size_t written = 0, before = 1;
    while (written != before) {
        before = written;
        for (int i = 0; i < 100; i++) {
            produce(s, &written, 100 << 20);
            turn(s);
        }
    }
    assert_true(written < 2 * RELAY_WINDOW);
    assert_true(s->source.credit < RELAY_WINDOW);
    size_t taken = 0;
    while (taken < written) {
        consume(s, &taken, 65536);
        turn(s);
    }
    assert_int_equal(taken, written);
}

/* A hostile peer grants and grants, and never reads what was sent. */
static void endless_credit_fills_no_memory(void **state)
{
    struct stream *s = *state;
    struct error err = ERROR_INIT;
    size_t written = 0;
    for (int i = 0; i < 2000; i++) {
        produce(s, &written, 100 << 20);
        relay_source_credit(&s->source, RELAY_WINDOW - s->source.credit, &err);
        if (relay_source_wants_read(&s->source))
            relay_source_pump(&s->source, &s->guest);
    }
    assert_true(s->guest.out.length <= RELAY_WINDOW + FRAME_PAYLOAD_MAX + FRAME_HEADER_SIZE);
    assert_int_equal(relay_source_credit(&s->source, RELAY_WINDOW + 1, &err), -1);
    assert_int_equal(relay_source_credit(&s->source, UINT32_MAX, &err), -1);
}

static void reader_that_left_closes_the_writer(void **state)
{
    struct stream *s = *state;
    size_t written = 0;
    close_fd(&s->drain[0]);
    for (int i = 0; i < 20 && s->source.fd >= 0; i++) {
        produce(s, &written, 10 << 20);
        turn(s);
    }
    /* The pipe's read end is closed: the workload gets EPIPE. */
    assert_int_equal(s->source.fd, -1);
    assert_int_equal(write(s->feed[1], "x", 1), -1);
    for (int i = 0; i < 20 && !s->sink.eof; i++)
        turn(s);
    assert_true(relay_sink_done(&s->sink));
    assert_int_equal(s->sink.waiting.length, 0);
}

static void write_errors_are_told_once(void **state)
{
    struct stream *s = *state;
    struct error err = ERROR_INIT;
    relay_sink_free(&s->sink);
    channel_flush(&s->host, &err);
    s->host.out.length = 0;
    relay_sink_open(&s->sink, &s->host, FRAME_STDOUT, 0, open("/dev/full", O_WRONLY | O_CLOEXEC));
    struct frame frame = {.type = FRAME_STDOUT, .length = 3, .payload = (const uint8_t *)"abc"};
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    assert_int_equal(relay_sink_pump(&s->sink, &s->host, &err), -1);
    assert_non_null(strstr(err.text, "cannot write: No space left on device"));
    assert_int_equal(s->sink.fd, -1);
    assert_int_equal(relay_sink_pump(&s->sink, &s->host, &err), 0);
    /* What was on its way already is dropped, and its end accepted. */
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    frame.length = 0;
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    assert_true(relay_sink_done(&s->sink));
}

static void too_much_and_too_late_are_protocol_errors(void **state)
{
    struct stream *s = *state;
    struct error err = ERROR_INIT;
    uint8_t piece[FRAME_PAYLOAD_MAX] = {0};
    struct frame frame = {.type = FRAME_STDOUT, .length = sizeof(piece), .payload = piece};
    for (unsigned sent = 0; sent < RELAY_WINDOW; sent += FRAME_PAYLOAD_MAX)
        assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    frame.length = 1;
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), -1);
    assert_non_null(strstr(err.text, "protocol error"));
    frame.length = 0;
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), -1);
}

/* A stream that is closed from the start, on either side: `vmc … <&- >&-`. */
static void closed_descriptors_are_said_at_once(void **state)
{
    struct stream *s = *state;
    struct error err = ERROR_INIT;
    struct relay_source source;
    struct relay_sink sink;
    bool eof = false;
    relay_source_open(&source, &s->guest, FRAME_STDERR, 0, -1);
    assert_false(relay_source_wants_read(&source));
    channel_flush(&s->guest, &err);
    channel_fill(&s->host, &eof, &err);
    struct frame frame;
    assert_int_equal(channel_next(&s->host, &frame, &err), 1);
    assert_int_equal(frame.type, FRAME_STDERR);
    assert_int_equal(frame.length, 0);

    s->host.out.length = 0;
    relay_sink_open(&sink, &s->host, FRAME_STDERR, 0, -1);
    assert_int_equal(sink.granted, 0);
    channel_flush(&s->host, &err);
    channel_fill(&s->guest, &eof, &err);
    assert_int_equal(channel_next(&s->guest, &frame, &err), 1);
    assert_int_equal(frame.type, FRAME_CLOSE);
    assert_int_equal(relay_sink_accept(&sink, &(struct frame){.type = FRAME_STDERR}, &err), 0);
    assert_true(relay_sink_done(&sink));
    relay_source_free(&source);
    relay_sink_free(&sink);
}

static void closing_twice_says_it_once(void **state)
{
    struct stream *s = *state;
    s->guest.out.length = 0;
    relay_source_close(&s->source, &s->guest);
    relay_source_close(&s->source, &s->guest);
    assert_int_equal(s->guest.out.length, FRAME_HEADER_SIZE);
    size_t before = s->host.out.length;
    relay_sink_close(&s->sink, &s->host);
    relay_sink_close(&s->sink, &s->host);
    assert_int_equal(s->host.out.length, before + FRAME_HEADER_SIZE + CLOSE_SIZE);
}

/* A descriptor that blocks must not be asked for more than poll(2) promised. */
static void blocking_descriptors_get_small_pieces(void **state)
{
    struct stream *s = *state;
    struct error err = ERROR_INIT;
    set_nonblocking(s->sink.fd, false);
    int fd = take_fd(&s->sink.fd);
    relay_sink_open(&s->sink, &s->host, FRAME_STDOUT, 0, fd);
    uint8_t piece[10000] = {0};
    struct frame frame = {.type = FRAME_STDOUT, .length = sizeof(piece), .payload = piece};
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    assert_int_equal(relay_sink_pump(&s->sink, &s->host, &err), 0);
    assert_int_equal(s->sink.waiting.length, sizeof(piece) - 4096);
}

/* Polls the sink's descriptor as the agent does. */
static bool is_writable(const struct stream *s)
{
    struct pollfd p = {.fd = s->sink.fd, .events = POLLOUT};
    return relay_sink_wants_write(&s->sink) && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

static void give(struct stream *s, const char *bytes, size_t length)
{
    struct error err = ERROR_INIT;
    const struct frame frame = {
        .type = FRAME_STDOUT, .length = (uint32_t)length, .payload = (const uint8_t *)bytes};
    assert_int_equal(relay_sink_accept(&s->sink, &frame, &err), 0);
    assert_int_equal(relay_sink_pump(&s->sink, &s->host, &err), 0);
}

static void a_reader_is_watched(void **state)
{
    struct stream *s = *state;
    char bytes[16];
    relay_sink_open_pipe(&s->sink, &s->host, FRAME_STDOUT, 0, s->sink.fd);
    assert_int_equal(s->sink.granted, RELAY_FIRST);
    assert_false(relay_sink_wants_write(&s->sink));
    give(s, "abc", 3);
    assert_int_equal(read(s->drain[0], bytes, 2), 2);
    assert_false(is_writable(s));
    assert_int_equal(relay_sink_taken(&s->sink), 2);
    assert_int_equal(s->sink.granted, RELAY_FIRST - 3);
    assert_int_equal(read(s->drain[0], bytes, 2), 1);
    assert_true(is_writable(s));
    relay_sink_emptied(&s->sink, &s->host);
    assert_int_equal(s->sink.granted, RELAY_WINDOW);
    assert_false(relay_sink_wants_write(&s->sink));
    give(s, "defg", 4);
    give(s, NULL, 0);
    assert_int_equal(s->sink.fd, -1);
    /* After the end of the stream, and without a reader. */
    assert_int_equal(read(s->drain[0], bytes, 3), 3);
    close_fd(&s->drain[0]);
    assert_int_equal(relay_sink_taken(&s->sink), 6);
}

static void drained_stream_ends_with_what_is_there(void **state)
{
    struct stream *s = *state;
    char text[8];
    assert_int_equal(write(s->feed[1], "abc", 3), 3);
    relay_source_drain(&s->source, &s->guest);
    assert_true(s->source.fd >= 0); /* until there is credit */
    for (int i = 0; i < 4; i++)
        turn(s);
    assert_int_equal(s->source.fd, -1);
    assert_true(relay_sink_done(&s->sink));
    assert_int_equal(read(s->drain[0], text, sizeof(text)), 3);
    assert_memory_equal(text, "abc", 3);
    assert_true(s->feed[1] >= 0); /* and still held open */
}

static void drained_stream_without_anything_needs_no_credit(void **state)
{
    struct stream *s = *state;
    relay_source_drain(&s->source, &s->guest);
    assert_int_equal(s->source.fd, -1);
    assert_int_equal(s->guest.out.length, FRAME_HEADER_SIZE);
    relay_source_drain(&s->source, &s->guest);
    assert_int_equal(s->guest.out.length, FRAME_HEADER_SIZE);
}

static void drained_stream_does_not_follow_its_writer(void **state)
{
    struct stream *s = *state;
    char piece[65536] = {0}, taken[65536];
    ssize_t n;
    size_t sent = 0;
    assert_int_equal(write(s->feed[1], piece, sizeof(piece)), sizeof(piece));
    relay_source_drain(&s->source, &s->guest);
    for (int i = 0; i < 100 && s->source.fd >= 0; i++) {
        turn(s);
        (void)!write(s->feed[1], piece, sizeof(piece));
        while ((n = read(s->drain[0], taken, sizeof(taken))) > 0)
            sent += (size_t)n;
    }
    assert_int_equal(s->source.fd, -1);
    assert_true(sent >= sizeof(piece) && sent <= RELAY_WINDOW);
}

int main(void)
{
#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, open_stream, close_stream)
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_reader_is_watched),
        STREAM_TEST(bytes_pass_unchanged),
        STREAM_TEST(nothing_is_sent_without_credit),
        STREAM_TEST(empty_stream_is_seen_as_end),
        STREAM_TEST(slow_reader_loses_nothing),
        STREAM_TEST(stopped_reader_stops_the_producer),
        STREAM_TEST(endless_credit_fills_no_memory),
        STREAM_TEST(reader_that_left_closes_the_writer),
        STREAM_TEST(write_errors_are_told_once),
        STREAM_TEST(too_much_and_too_late_are_protocol_errors),
        STREAM_TEST(closed_descriptors_are_said_at_once),
        STREAM_TEST(closing_twice_says_it_once),
        STREAM_TEST(blocking_descriptors_get_small_pieces),
        STREAM_TEST(drained_stream_ends_with_what_is_there),
        STREAM_TEST(drained_stream_without_anything_needs_no_credit),
        STREAM_TEST(drained_stream_does_not_follow_its_writer),
    };
    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
