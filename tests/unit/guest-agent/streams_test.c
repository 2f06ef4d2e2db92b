#include "guest-agent/session/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "common/util.h"
#include "tests/unit/check.h"

/* How much of the channel the host takes in a turn: less than a flood adds. */
#define SIP ((size_t)FRAME_PAYLOAD_MAX / 2)
#define TURNS_MAX 200

static void open_process(struct streams *s, struct loop *loop, struct channel *data,
                         uint16_t stream, int input, int output, int error_output)
{
    struct process process = PROCESS_NONE;
    process.input = input;
    process.output = output;
    process.error_output = error_output;
    streams_open(s, loop, data, stream, &process);
}

static void endless_credit(struct streams *s)
{
    s->output.credit = s->error_output.credit = RELAY_WINDOW;
}

/* The channel has room for a window's worth: one that never stops must not take all of it. */
static void a_flood_leaves_others_their_turn(void **state)
{
    (void)state;
    struct loop loop = {0};
    struct channel data = {.fd = -1};
    struct streams flood, other;
    struct error err = ERROR_INIT;
    int pipe_ends[2], turns = 0;
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    assert_int_equal(write(pipe_ends[1], "abc", 3), 3);
    close(pipe_ends[1]);
    open_process(&flood, &loop, &data, 1, open("/dev/null", O_WRONLY | O_CLOEXEC),
                 open("/dev/zero", O_RDONLY | O_CLOEXEC), open("/dev/zero", O_RDONLY | O_CLOEXEC));
    open_process(&other, &loop, &data, 2, open("/dev/null", O_WRONLY | O_CLOEXEC), pipe_ends[0],
                 open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (; turns < TURNS_MAX && !streams_done(&other); turns++) {
        endless_credit(&flood);
        endless_credit(&other);
        assert_int_equal(loop_turn(&loop, 0, &err), 0);
        assert_true(data.out.length <= RELAY_WINDOW + 2 * FRAME_PAYLOAD_MAX);
        queue_consume(&data.out, data.out.length < SIP ? data.out.length : SIP);
    }
    assert_true(turns < TURNS_MAX);
    streams_free(&flood);
    streams_free(&other);
    loop_free(&loop);
    queue_free(&data.out);
}

/* What a turn still has to say of a descriptor that was closed in it. */
static void streams_end_in_a_turn(void **state)
{
    (void)state;
    struct loop loop = {0};
    struct channel data = {.fd = -1};
    struct streams s;
    const uint8_t byte = 'x';
    const struct frame frame = {.type = FRAME_STDIN, .stream = 1, .length = 1, .payload = &byte};
    int pipe_ends[2];
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    open_process(&s, &loop, &data, 1, pipe_ends[1], open("/dev/zero", O_RDONLY | O_CLOEXEC), -1);
    endless_credit(&s);
    assert_int_equal(streams_frame(&s, &frame, NULL), 0);
    assert_int_equal(read(pipe_ends[0], (char[1]){0}, 1), 1);
    assert_int_equal(streams_end(&s), 1);
    streams_cut(&s);
    assert_true(streams_done(&s));
    size_t said = data.out.length;
    assert_int_equal(s.on_input.ready(&s, POLLOUT, NULL), 0);
    assert_int_equal(s.on_output.ready(&s, POLLIN, NULL), 0);
    assert_int_equal(s.on_error_output.ready(&s, POLLIN, NULL), 0);
    assert_int_equal(data.out.length, said);
    close(pipe_ends[0]);
    streams_free(&s);
    loop_free(&loop);
    queue_free(&data.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_leaves_others_their_turn),
        cmocka_unit_test(streams_end_in_a_turn),
    };
    return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
