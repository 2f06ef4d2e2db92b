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
    channel_send(&p->guest, FRAME_EXIT, 0, "\0\7", 2);
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
    channel_send(&p->guest, FRAME_EXIT, 0, "\0\7", 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptors_do_not_block, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(frames_arrive, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(full_peers_are_waited_for, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(end_of_file_comes_after_the_last_frame, open_pair,
                                        close_pair),
        cmocka_unit_test_setup_teardown(writing_to_nobody_is_an_error, open_pair, close_pair),
        cmocka_unit_test(reading_a_directory_is_an_error),
    };
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
