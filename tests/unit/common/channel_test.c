#include "common/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "tests/unit/check.h"

/* A host's and a guest's control channel, joined. */
struct pair {
    struct channel host, guest;
};

static int open_pair(void **state)
{
    struct pair *p = xcalloc(1, sizeof(*p));
    struct error err = ERROR_INIT;
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ||
        channel_open(&p->host, fds[0], PEER_GUEST_CONTROL, &err) < 0 ||
        channel_open(&p->guest, fds[1], PEER_HOST_CONTROL, &err) < 0)
        return -1;
    *state = p;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *p = *state;
    channel_close(&p->host);
    channel_close(&p->guest);
    free(p);
    return 0;
}

static void descriptors_do_not_block(void **state)
{
    struct pair *p = *state;
    struct error err = ERROR_INIT;
    bool eof = false;
    assert_true(fcntl(p->host.fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(channel_fill(&p->host, &eof, &err), 0);
    assert_false(eof);
    struct channel bad;
    assert_int_equal(channel_open(&bad, -1, PEER_HOST_DATA, &err), -1);
    channel_close(&bad);
}

static void frames_arrive(void **state)
{
    struct pair *p = *state;
    struct error err = ERROR_INIT;
    struct frame frame;
    bool eof = false;
    assert_int_equal(channel_events(&p->guest), POLLIN);
    channel_send(&p->guest, FRAME_EXIT, 0, "\0\7\0\0\0\0\0\0\0\0", EXIT_SIZE);
    channel_send(&p->guest, FRAME_ERROR, 3, "\175abc", 4);
    assert_int_equal(channel_events(&p->guest), POLLIN | POLLOUT);
    assert_int_equal(channel_flush(&p->guest, &err), 0);
    assert_int_equal(channel_events(&p->guest), POLLIN);
    assert_int_equal(channel_fill(&p->host, &eof, &err), 1);
    assert_int_equal(channel_next(&p->host, &frame, &err), 1);
    assert_int_equal(frame.type, FRAME_EXIT);
    assert_int_equal(channel_next(&p->host, &frame, &err), 1);
    assert_int_equal(frame.stream, 3);
    assert_memory_equal(frame.payload, "\175abc", 4);
    assert_int_equal(channel_next(&p->host, &frame, &err), 0);
}

static void full_peers_are_waited_for(void **state)
{
    struct pair *p = *state;
    struct error err = ERROR_INIT;
    uint8_t piece[FRAME_PAYLOAD_MAX];
    memset(piece, 'j', sizeof(piece));
    for (int i = 0; i < 32; i++)
        channel_send(&p->host, FRAME_CONFIG, 0, piece, sizeof(piece));
    int frames = 0;
    bool eof = false;
    for (int rounds = 0; frames < 32 && rounds < 10000; rounds++) {
        assert_int_equal(channel_flush(&p->host, &err), 0);
        assert_true(channel_fill(&p->guest, &eof, &err) >= 0);
        struct frame frame;
        while (channel_next(&p->guest, &frame, &err) > 0) {
            assert_int_equal(frame.length, sizeof(piece));
            assert_memory_equal(frame.payload, piece, sizeof(piece));
            frames++;
        }
    }
    assert_int_equal(frames, 32);
    assert_int_equal(p->host.out.length, 0);
}

static void end_of_file_comes_after_the_last_frame(void **state)
{
    struct pair *p = *state;
    struct error err = ERROR_INIT;
    struct frame frame;
    bool eof = false;
    channel_send(&p->guest, FRAME_EXIT, 0, "\0\7\0\0\0\0\0\0\0\0", EXIT_SIZE);
    channel_flush(&p->guest, &err);
    channel_close(&p->guest);
    assert_int_equal(p->guest.fd, -1);
    assert_int_equal(channel_fill(&p->host, &eof, &err), 1);
    assert_false(eof);
    assert_int_equal(channel_fill(&p->host, &eof, &err), 0);
    assert_true(eof);
    assert_int_equal(channel_next(&p->host, &frame, &err), 1);
    assert_int_equal(channel_next(&p->host, &frame, &err), 0);
}

static void writing_to_nobody_is_an_error(void **state)
{
    struct pair *p = *state;
    struct error err = ERROR_INIT;
    signal(SIGPIPE, SIG_IGN);
    channel_close(&p->guest);
    channel_send(&p->host, FRAME_SIGNAL, 0, "\1", 1);
    assert_int_equal(channel_flush(&p->host, &err), -1);
    assert_non_null(strstr(err.text, "Broken pipe"));
}

static void reading_a_directory_is_an_error(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct channel *ch = xcalloc(1, sizeof(*ch));
    bool eof = false;
    assert_int_equal(channel_open(ch, open("/", O_RDONLY | O_CLOEXEC), PEER_HOST_DATA, &err), 0);
    assert_int_equal(channel_fill(ch, &eof, &err), -1);
    assert_false(eof);
    channel_close(ch);
    free(ch);
}

/* A pipe that holds `length` bytes, each known by its place. */
static int fill_pipe(int ends[2], size_t length)
{
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 || fcntl(ends[0], F_SETPIPE_SZ, 1 << 20) < 0)
        return -1;
    AUTO_FREE uint8_t *bytes = xcalloc(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 4093);
    return write(ends[1], bytes, length) == (ssize_t)length ? 0 : -1;
}

/* What came is in as few frames as the limit allows, and is what was in the pipe from `at` on. */
static size_t check_frames(struct channel *ch, size_t at)
{
    AUTO_FREE struct decoder *d = xcalloc(1, sizeof(*d));
    struct error err = ERROR_INIT;
    struct frame frame;
    size_t began = at;
    decoder_init(d, PEER_GUEST_DATA);
    while (ch->out.length > 0) {
        size_t room;
        uint8_t *space = decoder_space(d, &room);
        size_t piece = ch->out.length < room ? ch->out.length : room;
        memcpy(space, queue_bytes(&ch->out), piece);
        decoder_added(d, piece);
        queue_consume(&ch->out, piece);
        while (decoder_next(d, &frame, &err) == 1) {
            assert_int_equal(frame.type, FRAME_STDOUT);
            assert_int_equal(frame.stream, 3);
            for (size_t i = 0; i < frame.length; i++, at++)
                if (frame.payload[i] != (uint8_t)(at * 31 + at / 4093))
                    fail_msg("byte %zu is wrong", at);
        }
        assert_string_equal(err.text, "");
    }
    return at - began;
}

static void a_pipe_is_read_into_frames(void **state)
{
    struct pair *p = *state;
    int ends[2];
    const size_t full = FRAME_PAYLOAD_MAX - FRAME_HEADER_SIZE, all = 7 * full + 100;
    assert_int_equal(fill_pipe(ends, all), 0);
    size_t at = 0;
    /* One byte, a frame, a frame and one, several, and what is left. */
    const size_t asked[] = {1, full, full + 1, 3 * full, (size_t)2 << 20};
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        size_t expected = asked[i] < all - at ? asked[i] : all - at;
        assert_int_equal(channel_send_from(&p->guest, FRAME_STDOUT, 3, ends[0], asked[i]),
                         expected);
        assert_int_equal(p->guest.out.length,
                         expected + (expected + full - 1) / full * FRAME_HEADER_SIZE);
        assert_int_equal(check_frames(&p->guest, at), expected);
        at += expected;
    }
    assert_int_equal(at, all);
    assert_int_equal(channel_send_from(&p->guest, FRAME_STDOUT, 3, ends[0], 100), -1);
    assert_int_equal(errno, EAGAIN);
    close(ends[1]);
    assert_int_equal(channel_send_from(&p->guest, FRAME_STDOUT, 3, ends[0], 100), 0);
    assert_int_equal(p->guest.out.length, 0);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptors_do_not_block, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(frames_arrive, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(full_peers_are_waited_for, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(end_of_file_comes_after_the_last_frame, open_pair,
                                        close_pair),
        cmocka_unit_test_setup_teardown(writing_to_nobody_is_an_error, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(a_pipe_is_read_into_frames, open_pair, close_pair),
        cmocka_unit_test(reading_a_directory_is_an_error),
    };
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
