/*
 * What a process's streams are joined to, and that it may change while the process runs.
 */
#include "host/guest/streams.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "tests/unit/check.h"

#define NUMBER 5

struct fixture {
    struct loop loop;
    struct channel host, guest; /* the ends of a data port */
    struct joined_streams streams;
    int in[2], out[2], err[2]; /* pipes: [0] of in is ours, [1] of the others */
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    int port[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, port), 0);
    assert_int_equal(channel_open(&f->host, port[0], PEER_GUEST_DATA, NULL), 0);
    assert_int_equal(channel_open(&f->guest, port[1], PEER_HOST_DATA, NULL), 0);
    assert_int_equal(pipe2(f->in, O_CLOEXEC) | pipe2(f->out, O_CLOEXEC) | pipe2(f->err, O_CLOEXEC),
                     0);
    f->streams = (struct joined_streams)STREAMS_NONE;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    streams_close(&f->streams);
    loop_free(&f->loop);
    channel_close(&f->host);
    channel_close(&f->guest);
    close_fd(&f->in[0]);
    close_fd(&f->in[1]);
    close_fd(&f->out[0]);
    close_fd(&f->err[0]);
    free(f);
    return 0;
}

/* Turns until nothing is ready, and all that the host's side says has left. */
static void settle(struct fixture *f)
{
    struct error err = ERROR_INIT;
    for (int i = 0; i < 8; i++)
        assert_int_equal(loop_turn(&f->loop, 0, &err), 0);
    assert_int_equal(channel_flush(&f->host, &err), 0);
}

/* The guest's frame, as it would come. */
static void say(struct fixture *f, enum frame_type type, const char *text)
{
    const struct frame frame = {.type = (uint16_t)type,
                                .stream = NUMBER,
                                .length = (uint32_t)strlen(text),
                                .payload = (const uint8_t *)text};
    assert_int_equal(streams_accept(&f->streams, &frame, NULL), 0);
}

static void grant_input(struct fixture *f, uint32_t count)
{
    uint8_t payload[CREDIT_SIZE];
    encode_credit(payload, FRAME_STDIN, count);
    const struct frame frame = {
        .type = FRAME_CREDIT, .stream = NUMBER, .length = CREDIT_SIZE, .payload = payload};
    assert_int_equal(streams_accept(&f->streams, &frame, NULL), 0);
}

static void expect_bytes(int fd, const char *text)
{
    char bytes[256];
    assert_int_equal(set_nonblocking(fd, true), 0);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(bytes, text, (size_t)n);
}

/* Of the host's frames those of a type, about this process: their payloads, one behind the other.
 */
static size_t hear(struct fixture *f, enum frame_type type, char *text, size_t *ret_length)
{
    struct frame frame;
    bool eof = false;
    size_t count = 0;
    *ret_length = 0;
    assert_true(channel_fill(&f->guest, &eof, NULL) >= 0);
    while (channel_next(&f->guest, &frame, NULL) > 0) {
        assert_int_equal(frame.stream, NUMBER);
        if (frame.type != type)
            continue;
        memcpy(text + *ret_length, frame.payload, frame.length);
        *ret_length += frame.length;
        count++;
    }
    return count;
}

static void expect_input(struct fixture *f, const char *text)
{
    char bytes[256];
    size_t length;
    settle(f);
    hear(f, FRAME_STDIN, bytes, &length);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, length);
}

static void open_streams(struct fixture *f, const struct stream_fds *fds)
{
    streams_open(&f->streams, &f->loop, &f->host, NUMBER, fds);
    streams_begin(&f->streams);
}

static void open_parked(struct fixture *f)
{
    const struct stream_fds nothing = {
        .in = RELAY_PARKED, .out = RELAY_PARKED, .err = RELAY_PARKED};
    open_streams(f, &nothing);
}

static void output_waits_for_what_it_is_joined_to(void **state)
{
    struct fixture *f = *state;
    open_parked(f);
    say(f, FRAME_STDOUT, "early ");
    say(f, FRAME_STDERR, "error");
    settle(f);
    assert_false(streams_done(&f->streams));
    streams_join(&f->streams,
                 &(struct stream_fds){.in = RELAY_PARKED, .out = f->out[1], .err = f->err[1]});
    say(f, FRAME_STDOUT, "late");
    settle(f);
    expect_bytes(f->out[0], "early late");
    expect_bytes(f->err[0], "error");
    say(f, FRAME_STDOUT, "");
    say(f, FRAME_STDERR, "");
    assert_true(streams_done(&f->streams));
}

/* The window is what a process may be ahead of its readers. */
static void a_process_nobody_reads_waits(void **state)
{
    static const uint8_t bytes[FRAME_PAYLOAD_MAX];
    struct fixture *f = *state;
    const struct frame frame = {
        .type = FRAME_STDOUT, .stream = NUMBER, .length = sizeof(bytes), .payload = bytes};
    struct error err = ERROR_INIT;
    open_parked(f);
    for (size_t sent = 0; sent < RELAY_WINDOW; sent += sizeof(bytes))
        assert_int_equal(streams_accept(&f->streams, &frame, &err), 0);
    settle(f);
    char text[4096];
    size_t length;
    /* One for each output, and no more since. */
    assert_int_equal(hear(f, FRAME_CREDIT, text, &length), 2);
    assert_int_equal(streams_accept(&f->streams, &frame, &err), -1);
}

static void a_reader_that_is_replaced(void **state)
{
    struct fixture *f = *state;
    int other[2];
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    open_streams(f, &(struct stream_fds){.in = RELAY_PARKED, .out = f->out[1], .err = f->err[1]});
    say(f, FRAME_STDOUT, "one");
    settle(f);
    streams_join(&f->streams,
                 &(struct stream_fds){.in = RELAY_PARKED, .out = other[1], .err = RELAY_PARKED});
    say(f, FRAME_STDOUT, "two");
    settle(f);
    expect_bytes(f->out[0], "one");
    expect_bytes(other[0], "two");
    char byte;
    /* What was joined before is closed. */
    assert_int_equal(read(f->out[0], &byte, 1), 0);
    assert_int_equal(read(f->err[0], &byte, 1), 0);
    close_fd(&other[0]);
}

static void a_reader_that_comes_too_late_is_closed(void **state)
{
    struct fixture *f = *state;
    char byte;
    open_streams(f, &(struct stream_fds){.in = -1, .out = -1, .err = -1});
    streams_join(&f->streams, &(struct stream_fds){.in = -1, .out = f->out[1], .err = f->err[1]});
    assert_int_equal(read(f->out[0], &byte, 1), 0);
    assert_int_equal(read(f->err[0], &byte, 1), 0);
}

/* The first piece of a pipe stays in it until the process reads; of what is sent nothing is lost.
 */
static void input_that_is_replaced(void **state)
{
    struct fixture *f = *state;
    int other[2];
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    open_streams(f, &(struct stream_fds){.in = f->in[0], .out = f->out[1], .err = f->err[1]});
    grant_input(f, RELAY_FIRST);
    assert_int_equal(write(f->in[1], "one", 3), 3);
    expect_input(f, "one");
    streams_join(&f->streams,
                 &(struct stream_fds){.in = other[0], .out = RELAY_PARKED, .err = RELAY_PARKED});
    char byte;
    assert_int_equal(set_nonblocking(f->in[0], true), 0);
    assert_int_equal(read(f->in[0], &byte, 1), -1);
    assert_int_equal(write(other[1], "two", 3), 3);
    expect_input(f, "two");
    /* It has read the first piece and one byte of the second. */
    streams_leave_input(&f->streams, 4);
    expect_bytes(other[0], "wo");
    close_fd(&other[0]);
    close_fd(&other[1]);
}

/* The agent would ignore it: the process is not there yet. */
static void nothing_is_said_before_the_process_is_there(void **state)
{
    struct fixture *f = *state;
    char bytes[64];
    size_t length;
    close_fd(&f->out[0]);
    streams_open(&f->streams, &f->loop, &f->host, NUMBER,
                 &(struct stream_fds){.in = -1, .out = f->out[1], .err = f->err[1]});
    settle(f);
    struct frame frame;
    bool eof = false;
    assert_int_equal(channel_fill(&f->guest, &eof, NULL), 0);
    assert_int_equal(channel_next(&f->guest, &frame, NULL), 0);
    /* Its own word may be faster than STARTED is. */
    say(f, FRAME_STDERR, "");
    streams_begin(&f->streams);
    settle(f);
    assert_int_equal(hear(f, FRAME_STDIN, bytes, &length), 1);
    assert_int_equal(length, 0);
}

static void input_that_is_held_and_let_go(void **state)
{
    struct fixture *f = *state;
    open_streams(f, &(struct stream_fds){.in = f->in[0], .out = f->out[1], .err = f->err[1]});
    grant_input(f, RELAY_FIRST);
    f->streams.held = true;
    assert_int_equal(write(f->in[1], "one", 3), 3);
    expect_input(f, "");
    f->streams.held = false;
    expect_input(f, "one");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_waits_for_what_it_is_joined_to),
        TEST(a_process_nobody_reads_waits),
        TEST(a_reader_that_is_replaced),
        TEST(a_reader_that_comes_too_late_is_closed),
        TEST(input_that_is_replaced),
        TEST(nothing_is_said_before_the_process_is_there),
        TEST(input_that_is_held_and_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
