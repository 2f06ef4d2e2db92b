/*
 * The host's side of the talk with a guest that lies, floods, is early, late or silent: each is a
 * defined error, and a workload's status only what a guest that keeps the rules has said.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "tests/guest/fake.h"
#include "tests/unit/check.h"

/* What comes right behind STARTED may be handled in the same turn. */
static bool is_step(int step, enum host_step wanted)
{
    return step == (int)wanted || (wanted == STEP_RUN && step == STEP_START);
}

static void expect_failure(struct fake_guest *g, enum host_step step, const char *text)
{
    struct host_end end = host_end(g);
    if (!end.failed)
        fail_msg("status %d, and not '%s'", end.status, text);
    if (!is_step(end.step, step) || !strstr(end.text, text))
        fail_msg("step %d: '%s', and not step %d: '%s'", end.step, end.text, (int)step, text);
}

static void expect_status(struct fake_guest *g, int status)
{
    struct host_end end = host_end(g);
    if (end.failed)
        fail_msg("step %d: %s", end.step, end.text);
    assert_int_equal(end.status, status);
}

static void expect_bytes(int fd, const char *text)
{
    char bytes[256];
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(bytes, text, (size_t)n);
}

static void expect_output(struct fake_guest *g, const char *text)
{
    expect_bytes(g->output, text);
}

/* ---- the rules kept ---- */

static void a_guest_that_keeps_the_rules(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_data(g, FRAME_STDOUT, 0, "hello\n", 6);
    say_ends(g, 0);
    say_exit(g, 0, false, 42);
    expect_status(g, 42);
    expect_output(g, "hello\n");
}

static void an_exit_that_comes_before_the_output(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_exit(g, 0, true, 9);
    say_data(g, FRAME_STDOUT, 0, "late\n", 5);
    say_ends(g, 0);
    expect_status(g, 128 + 9);
    expect_output(g, "late\n");
}

static void frames_that_come_byte_by_byte(void **state)
{
    struct fake_guest *g = *state;
    uint8_t frame[FRAME_HEADER_SIZE + 3] = {0};
    run_workload(g);
    encode_header(frame, FRAME_STDOUT, 0, 3);
    memcpy(frame + FRAME_HEADER_SIZE, "abc", 3);
    for (size_t i = 0; i < sizeof(frame); i++)
        say_raw(&g->data, frame + i, 1);
    say_ends(g, 0);
    say_exit(g, 0, false, 0);
    expect_status(g, 0);
    expect_output(g, "abc");
}

static void an_error_is_the_guests_word_and_clean(void **state)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say_error(g, 0, 126, "no such \033[2Juser");
    struct host_end end = host_end(g);
    assert_true(end.failed);
    assert_null(strchr(end.text, '\033'));
    assert_non_null(strstr(end.text, "no such "));
}

/* ---- order ---- */

/* Of the control port, in the phase that a case is about. */
struct out_of_order {
    enum frame_type type;
    size_t length;
};

static const struct out_of_order hello = {FRAME_HELLO, HELLO_SIZE};
static const struct out_of_order prepared = {FRAME_PREPARED, 0};
static const struct out_of_order started = {FRAME_STARTED, STARTED_SIZE};
static const struct out_of_order ended = {FRAME_EXIT, EXIT_SIZE};

static void say_out_of_order(struct fake_guest *g, const struct out_of_order *what)
{
    uint8_t payload[64] = {0};
    /* A version that is right, and a value that is possible. */
    if (what->type == FRAME_HELLO)
        encode_hello(payload, &(struct hello){PROTOCOL_VERSION, 1, 2});
    say(g, what->type, payload, what->length);
}

static void expect_wrong_time(struct fake_guest *g, enum host_step step,
                              const struct out_of_order *what)
{
    AUTO_FREE char *text = xasprintf("%s frame at the wrong time", frame_name(what->type));
    expect_failure(g, step, text);
}

static void before_hello(void **state, const struct out_of_order *what)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_out_of_order(g, what);
    expect_wrong_time(g, STEP_HELLO, what);
}

static void before_prepared(void **state, const struct out_of_order *what)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say_out_of_order(g, what);
    expect_wrong_time(g, STEP_PREPARE, what);
}

static void before_started(void **state, const struct out_of_order *what)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say(g, FRAME_PREPARED, NULL, 0);
    hear(g, &g->control, FRAME_CONFIG);
    say_out_of_order(g, what);
    expect_wrong_time(g, STEP_START, what);
}

static void while_running(void **state, const struct out_of_order *what)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_out_of_order(g, what);
    expect_wrong_time(g, STEP_RUN, what);
}

static void prepared_before_hello(void **state)
{
    before_hello(state, &prepared);
}

static void started_before_hello(void **state)
{
    before_hello(state, &started);
}

static void exit_before_hello(void **state)
{
    before_hello(state, &ended);
}

static void hello_twice(void **state)
{
    before_prepared(state, &hello);
}

static void started_before_prepared(void **state)
{
    before_prepared(state, &started);
}

static void exit_before_prepared(void **state)
{
    before_prepared(state, &ended);
}

static void prepared_twice(void **state)
{
    before_started(state, &prepared);
}

static void exit_before_started(void **state)
{
    before_started(state, &ended);
}

static void started_twice(void **state)
{
    while_running(state, &started);
}

static void hello_while_running(void **state)
{
    while_running(state, &hello);
}

static void exit_twice(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_exit(g, 0, false, 1);
    say_exit(g, 0, false, 0);
    expect_wrong_time(g, STEP_RUN, &ended);
}

/* ---- forgeries and lies ---- */

static void an_exit_that_is_impossible(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_exit(g, 0, true, SIGNAL_MAX + 1);
    expect_failure(g, STEP_RUN, "protocol error");
}

static void another_protocol(void **state)
{
    struct fake_guest *g = *state;
    uint8_t payload[HELLO_SIZE];
    encode_hello(payload, &(struct hello){PROTOCOL_VERSION + 1, 1, 2});
    start_host(g);
    say(g, FRAME_HELLO, payload, sizeof(payload));
    expect_failure(g, STEP_HELLO, "version");
}

static void a_frame_of_the_hosts(void **state)
{
    struct fake_guest *g = *state;
    start_host(g);
    say(g, FRAME_CONFIG, "{}", 2);
    expect_failure(g, STEP_HELLO, "protocol error");
}

static void a_length_beyond_all_limits(void **state)
{
    struct fake_guest *g = *state;
    uint8_t header[FRAME_HEADER_SIZE];
    run_workload(g);
    encode_header(header, FRAME_STDOUT, 0, FRAME_PAYLOAD_MAX);
    memset(header + 4, 0xff, 4);
    say_raw(&g->data, header, sizeof(header));
    expect_failure(g, STEP_RUN, "protocol error");
}

static void output_of_a_process_that_nobody_asked_for(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_data(g, FRAME_STDOUT, 1, "x", 1);
    expect_failure(g, STEP_RUN, "stream 1");
}

static void output_before_there_is_credit(void **state)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say_data(g, FRAME_STDOUT, 0, "x", 1);
    expect_failure(g, STEP_PREPARE, "STDOUT frame at the wrong time");
}

static void output_after_its_end(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_ends(g, 0);
    say_data(g, FRAME_STDOUT, 0, "x", 1);
    expect_failure(g, STEP_RUN, "protocol error");
}

/* More than the window, where nobody reads the output. */
static void a_flood_of_output(void **state)
{
    static const uint8_t bytes[FRAME_PAYLOAD_MAX];
    struct fake_guest *g = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close_fd(&g->output);
    g->output = ends[1];
    run_workload(g);
    for (int i = 0; i < 64; i++)
        channel_send(&g->data, FRAME_STDOUT, 0, bytes, sizeof(bytes));
    say_ends(g, 0);
    expect_failure(g, STEP_RUN, "more STDOUT than was asked for");
    close(ends[0]);
}

static void credit_without_end(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_credit(g, FRAME_STDIN, UINT32_MAX);
    expect_failure(g, STEP_RUN, "protocol error");
}

static void credit_that_adds_up(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_credit(g, FRAME_STDIN, RELAY_WINDOW);
    say_credit(g, FRAME_STDIN, RELAY_WINDOW);
    struct host_end end;
    say_ends(g, 0);
    say_exit(g, 0, false, 3);
    end = host_end(g);
    /* The input has ended by now: what is granted of it is of no use, and no harm. */
    assert_true(end.failed ? strstr(end.text, "protocol error") != NULL : end.status == 3);
}

static void credit_for_what_the_guest_sends(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_credit(g, FRAME_STDOUT, 1);
    expect_failure(g, STEP_RUN, "CREDIT frame at the wrong time");
}

static void a_close_of_what_the_guest_sends(void **state)
{
    struct fake_guest *g = *state;
    uint8_t payload[CLOSE_SIZE];
    run_workload(g);
    encode_close(payload, FRAME_STDOUT);
    say_data(g, FRAME_CLOSE, 0, payload, sizeof(payload));
    expect_failure(g, STEP_RUN, "CLOSE frame at the wrong time");
}

static void a_console_without_end(void **state)
{
    static const char noise[1 << 20];
    struct fake_guest *g = *state;
    struct channel console = {.fd = -1};
    run_workload(g);
    assert_int_equal(channel_open(&console, dup(g->console), PEER_HOST_DATA, NULL), 0);
    for (int i = 0; i < 16; i++)
        say_raw(&console, noise, sizeof(noise));
    channel_close(&console);
    say_ends(g, 0);
    say_exit(g, 0, false, 5);
    expect_status(g, 5);
}

/* ---- silence, and the end of a machine ---- */

#define SHORT_NS (100 * NS_PER_MS)

static void silence_before_hello(void **state)
{
    struct fake_guest *g = *state;
    g->spec.boot_timeout = SHORT_NS;
    start_host(g);
    expect_failure(g, STEP_HELLO, "the guest did not answer in time (--boot-timeout)");
}

static void silence_after_the_shape(void **state)
{
    struct fake_guest *g = *state;
    g->spec.boot_timeout = 10 * SHORT_NS;
    start_host(g);
    say_hello(g);
    expect_failure(g, STEP_PREPARE, "the guest did not prepare the container in time");
}

static void silence_after_the_configuration(void **state)
{
    struct fake_guest *g = *state;
    g->spec.boot_timeout = 10 * SHORT_NS;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say(g, FRAME_PREPARED, NULL, 0);
    expect_failure(g, STEP_START, "the guest did not start the workload in time");
}

static void a_workload_that_outlives_its_time_and_kill(void **state)
{
    struct fake_guest *g = *state;
    g->spec.timeout = SHORT_NS;
    run_workload(g);
    hear(g, &g->control, FRAME_SIGNAL);
    hear(g, &g->control, FRAME_SIGNAL);
    expect_failure(g, STEP_RUN, "the workload survived --timeout and KILL");
}

static void expect_end(struct fake_guest *g, enum host_step step, const char *when)
{
    channel_close(&g->control);
    channel_close(&g->data);
    AUTO_FREE char *text = xasprintf("the virtual machine ended before the workload %s", when);
    expect_failure(g, step, text);
}

static void an_end_before_hello(void **state)
{
    struct fake_guest *g = *state;
    start_host(g);
    expect_end(g, STEP_HELLO, "started");
}

static void an_end_before_the_workload(void **state)
{
    struct fake_guest *g = *state;
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    expect_end(g, STEP_PREPARE, "started");
}

/* Output that was whole is no exit record. */
static void an_end_without_an_exit_record(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_ends(g, 0);
    expect_end(g, STEP_RUN, "did");
}

static void an_end_in_the_middle_of_output(void **state)
{
    struct fake_guest *g = *state;
    run_workload(g);
    say_data(g, FRAME_STDOUT, 0, "half", 4);
    say_exit(g, 0, false, 0);
    expect_end(g, STEP_RUN, "did");
}

/* ---- processes beside the workload ---- */

/* Asked for, and in this order: the streams of the first n. */
static void run_execs(struct fake_guest *g, int n, uint16_t *streams)
{
    g->execs = n;
    run_workload(g);
    for (int i = 0; i < n; i++) {
        /* The text, and its end. */
        streams[i] = hear(g, &g->control, FRAME_EXEC);
        assert_int_equal(hear(g, &g->control, FRAME_EXEC), streams[i]);
        assert_int_not_equal(streams[i], 0);
    }
}

/* From STARTED on: before, it may send nothing. */
static void hear_credit(struct fake_guest *g, uint16_t stream)
{
    while (hear(g, &g->data, FRAME_CREDIT) != stream)
        ;
}

static void output_before_a_process_has_started(void **state)
{
    struct fake_guest *g = *state;
    uint16_t stream;
    run_execs(g, 1, &stream);
    say_data(g, FRAME_STDOUT, stream, "x", 1);
    expect_failure(g, STEP_RUN, "more STDOUT than was asked for");
}

static void processes_side_by_side(void **state)
{
    struct fake_guest *g = *state;
    uint16_t stream[3];
    run_execs(g, 3, stream);
    assert_true(stream[0] != stream[1] && stream[1] != stream[2] && stream[0] != stream[2]);
    /* The two ports are not in step: an end may come before STARTED, and output after EXIT. */
    say_data(g, FRAME_STDERR, stream[1], NULL, 0);
    say_started(g, stream[2]);
    say_error(g, stream[0], 127, "no such \033command");
    say_started(g, stream[1]);
    hear_credit(g, stream[1]);
    say_data(g, FRAME_STDOUT, stream[1], "one", 3);
    say_exit(g, stream[1], false, 3);
    say_data(g, FRAME_STDOUT, 0, "workload", 8);
    say_data(g, FRAME_STDOUT, stream[1], " more", 5);
    say_data(g, FRAME_STDOUT, stream[1], NULL, 0);
    say_data(g, FRAME_STDOUT, stream[2], "two", 3);
    say_ends(g, stream[2]);
    say_exit(g, stream[2], true, 15);
    say_ends(g, 0);
    say_exit(g, 0, false, 4);
    struct host_end end = host_end(g);
    if (end.failed)
        fail_msg("step %d: %s", end.step, end.text);
    assert_int_equal(end.status, 4);
    assert_int_equal(end.execs[0].state, PROCESS_FAILED);
    assert_non_null(strstr(end.execs[0].text, "no such"));
    assert_null(strchr(end.execs[0].text, '\033'));
    assert_int_equal(end.execs[1].status, 3);
    assert_int_equal(end.execs[2].status, 128 + 15);
    expect_output(g, "workload");
    expect_bytes(g->exec_output[1], "one more");
    expect_bytes(g->exec_output[2], "two");
}

static void a_word_that_crosses_the_end_of_a_process(void **state)
{
    struct fake_guest *g = *state;
    uint8_t payload[CREDIT_SIZE];
    uint16_t stream;
    run_execs(g, 1, &stream);
    say_error(g, stream, 127, "no such command");
    encode_credit(payload, FRAME_STDIN, 1);
    say_data(g, FRAME_CREDIT, stream, payload, sizeof(payload));
    say_ends(g, 0);
    say_exit(g, 0, false, 0);
    expect_status(g, 0);
}

static void an_exit_of_a_process_that_has_not_started(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_exit(*state, stream, false, 0);
    expect_failure(*state, STEP_RUN, "EXIT frame at the wrong time");
}

static void a_process_that_starts_twice(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_started(*state, stream);
    say_started(*state, stream);
    expect_failure(*state, STEP_RUN, "STARTED frame at the wrong time");
}

static void an_error_of_a_process_that_runs(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_started(*state, stream);
    say_error(*state, stream, 126, "changed its mind");
    expect_failure(*state, STEP_RUN, "ERROR frame at the wrong time");
}

static void a_process_that_ends_twice(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_started(*state, stream);
    say_exit(*state, stream, false, 0);
    say_exit(*state, stream, false, 1);
    expect_failure(*state, STEP_RUN, "EXIT frame at the wrong time");
}

/* Two, so that the host has not forgotten the one when its output comes. */
static void output_of_a_process_that_failed(void **state)
{
    struct fake_guest *g = *state;
    uint16_t streams[2];
    run_execs(g, 2, streams);
    say_error(g, streams[1], 127, "no such command");
    say_data(g, FRAME_STDOUT, streams[1], "x", 1);
    AUTO_FREE char *text = xasprintf("stream %u", streams[1]);
    expect_failure(g, STEP_RUN, text);
}

static void a_process_that_nobody_asked_for(void **state)
{
    run_workload(*state);
    say_started(*state, 9);
    expect_failure(*state, STEP_RUN, "stream 9");
}

static void a_container_that_is_said_for_one_process(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_about(*state, FRAME_PREPARED, stream, NULL, 0);
    expect_failure(*state, STEP_RUN, "PREPARED frame at the wrong time");
}

/* The workload's exit record is the last frame of all. */
static void a_process_that_outlives_its_container(void **state)
{
    uint16_t stream;
    run_execs(*state, 1, &stream);
    say_started(*state, stream);
    say_exit(*state, 0, false, 0);
    expect_failure(*state, STEP_RUN, "EXIT frame at the wrong time");
}

static void a_process_that_is_asked_for_too_late(void **state)
{
    struct fake_guest *g = *state;
    uint16_t stream;
    run_execs(g, 1, &stream);
    say_ends(g, 0);
    say_exit(g, 0, false, 6);
    struct host_end end = host_end(g);
    assert_false(end.failed);
    assert_int_equal(end.status, 6);
    assert_int_equal(end.execs[0].state, PROCESS_FAILED);
    assert_string_equal(end.execs[0].text, "the container has ended");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_guest_that_keeps_the_rules),
        TEST(an_exit_that_comes_before_the_output),
        TEST(frames_that_come_byte_by_byte),
        TEST(an_error_is_the_guests_word_and_clean),
        TEST(prepared_before_hello),
        TEST(started_before_hello),
        TEST(exit_before_hello),
        TEST(hello_twice),
        TEST(started_before_prepared),
        TEST(exit_before_prepared),
        TEST(prepared_twice),
        TEST(exit_before_started),
        TEST(started_twice),
        TEST(hello_while_running),
        TEST(exit_twice),
        TEST(an_exit_that_is_impossible),
        TEST(another_protocol),
        TEST(a_frame_of_the_hosts),
        TEST(a_length_beyond_all_limits),
        TEST(output_of_a_process_that_nobody_asked_for),
        TEST(output_before_there_is_credit),
        TEST(output_after_its_end),
        TEST(a_flood_of_output),
        TEST(credit_without_end),
        TEST(credit_that_adds_up),
        TEST(credit_for_what_the_guest_sends),
        TEST(a_close_of_what_the_guest_sends),
        TEST(a_console_without_end),
        TEST(silence_before_hello),
        TEST(silence_after_the_shape),
        TEST(silence_after_the_configuration),
        TEST(a_workload_that_outlives_its_time_and_kill),
        TEST(an_end_before_hello),
        TEST(an_end_before_the_workload),
        TEST(an_end_without_an_exit_record),
        TEST(an_end_in_the_middle_of_output),
        TEST(processes_side_by_side),
        TEST(output_before_a_process_has_started),
        TEST(a_word_that_crosses_the_end_of_a_process),
        TEST(an_exit_of_a_process_that_has_not_started),
        TEST(a_process_that_starts_twice),
        TEST(an_error_of_a_process_that_runs),
        TEST(a_process_that_ends_twice),
        TEST(output_of_a_process_that_failed),
        TEST(a_process_that_nobody_asked_for),
        TEST(a_container_that_is_said_for_one_process),
        TEST(a_process_that_outlives_its_container),
        TEST(a_process_that_is_asked_for_too_late),
    };
    return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
