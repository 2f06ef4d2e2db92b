/*
 * Processes beside the workload: EXEC, and the other frames by stream.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/relay.h"
#include "common/util.h"
#include "tests/agent/peer.h"
#include "tests/unit/check.h"

/* A workload that stays until it is ended. */
static void run_workload(struct peer_host *p)
{
    AUTO_FREE char *workload =
        peer_shell("trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done", "");
    peer_configure(p, workload, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_credit(p, FRAME_STDERR, RELAY_WINDOW);
    peer_until(p, peer_said_started);
}

static bool is_up(const struct peer_host *p)
{
    return p->workload.said.output.length == 3;
}

static void end_workload(struct peer_host *p)
{
    peer_until(p, is_up);
    peer_signal(p, 0, SIGTERM);
    peer_until(p, peer_said_end);
    assert_true(p->workload.said.ended);
    assert_int_equal(p->workload.said.record.value, 5);
}

static void assert_text(const struct queue *q, const char *text)
{
    AUTO_FREE char *copy = xasprintf("%.*s", (int)q->length, (const char *)queue_bytes(q));
    assert_string_equal(q->length ? copy : "", text);
}

static void assert_exit(const struct peer_process *x, bool signaled, int value)
{
    if (x->said.failed)
        fail_msg("ERROR: %s", x->said.error.text);
    assert_true(x->said.ended);
    assert_int_equal(x->said.record.signaled, signaled);
    assert_int_equal(x->said.record.value, value);
}

static void assert_error(const struct peer_process *x, int status, const char *text)
{
    assert_true(x->said.failed);
    assert_false(x->said.started);
    if (x->said.error.status != status || !strstr(x->said.error.text, text))
        fail_msg("ERROR %d: %s", x->said.error.status, x->said.error.text);
}

static bool has_output(const struct peer_process *x)
{
    return x->said.output.length > 0;
}

static void runs_beside_the_workload(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x = peer_exec_shell(p, "cat; echo err >&2; exit 7", "");
    queue_append(&x->input, "in\0put\n", 7);
    x->input_eof = true;
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, false, 7);
    assert_int_equal(x->said.output.length, 7);
    assert_memory_equal(queue_bytes(&x->said.output), "in\0put\n", 7);
    assert_text(&x->said.error_output, "err\n");
    assert_int_equal(x->said.record.input_taken, 7);
    assert_true(x->said.start.pid > 0 && x->said.start.pid != p->workload.said.start.pid);
    assert_true(x->said.start.start_ns >= x->said.start.config_ns);
    end_workload(p);
}

static void as_the_workload_is(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x = peer_exec_shell(
        p,
        "pwd; umask; env | wc -l; ls -l /proc/self/fd | grep -c '[0-9] ->'; ulimit -n; "
        "grep -E '^(SigBlk|NoNewPrivs)' /proc/self/status | tr -d '\\t'",
        ",\"cwd\":\"/usr/bin\",\"no_new_privs\":true,"
        "\"rlimits\":[{\"resource\":7,\"soft\":77,\"hard\":88}]");
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, false, 0);
    assert_text(&x->said.output,
                "/usr/bin\n0022\n2\n4\n77\nSigBlk:0000000000000000\nNoNewPrivs:1\n");
    end_workload(p);
}

static void every_end_is_exact(void **state)
{
    static const struct {
        const char *script;
        bool signaled;
        int value;
    } cases[] = {{"exit 0", false, 0},
                 {"exit 1", false, 1},
                 {"exit 127", false, 127},
                 {"exit 255", false, 255},
                 {"kill -9 $$", true, SIGKILL},
                 {"kill -TERM $$", true, SIGTERM},
                 {"kill -PIPE $$", true, SIGPIPE}};
    struct peer_host *p = *state;
    run_workload(p);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_process *x = peer_exec_shell(p, cases[i].script, "");
        peer_until_exec(p, x, peer_exec_over);
        assert_exit(x, cases[i].signaled, cases[i].value);
    }
    end_workload(p);
}

#define TOGETHER 10

static void ten_at_once(void **state)
{
    struct peer_host *p = *state;
    struct peer_process *x[TOGETHER];
    run_workload(p);
    for (int i = 0; i < TOGETHER; i++) {
        AUTO_FREE char *script = xasprintf("echo out%d; cat; echo err%d >&2; exit %d", i, i, i);
        AUTO_FREE char *nonce = xasprintf("in%d\n", i);
        x[i] = peer_exec_shell(p, script, "");
        queue_append(&x[i]->input, nonce, strlen(nonce));
        x[i]->input_eof = true;
    }
    for (int i = 0; i < TOGETHER; i++) {
        AUTO_FREE char *output = xasprintf("out%d\nin%d\n", i, i);
        AUTO_FREE char *error_output = xasprintf("err%d\n", i);
        peer_until_exec(p, x[i], peer_exec_over);
        assert_exit(x[i], false, i);
        assert_text(&x[i]->said.output, output);
        assert_text(&x[i]->said.error_output, error_output);
    }
    end_workload(p);
}

static unsigned char at(size_t position)
{
    return (unsigned char)(position * 211 + (position >> 9));
}

static void much_data_beside_one_that_does_nothing(void **state)
{
    struct peer_host *p = *state;
    size_t length = 8 << 20;
    AUTO_FREE unsigned char *bytes = xcalloc(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = at(i);
    run_workload(p);
    struct peer_process *idle = peer_exec_shell(p, "exec sleep 1000", "");
    struct peer_process *x = peer_exec_shell(p, "exec cat", "");
    queue_append(&x->input, bytes, length);
    x->input_eof = true;
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, false, 0);
    assert_int_equal(x->said.output.length, length);
    assert_memory_equal(queue_bytes(&x->said.output), bytes, length);
    assert_int_equal(x->said.record.input_taken, length);
    assert_false(idle->said.ended);
    peer_signal(p, idle->stream, SIGKILL);
    peer_until_exec(p, idle, peer_exec_over);
    assert_exit(idle, true, SIGKILL);
    end_workload(p);
}

/* One that never stops writing leaves the others their turn. */
static void flood_lets_the_others_through(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *flood = peer_exec_shell(p, "exec yes", "");
    peer_until_exec(p, flood, has_output);
    struct peer_process *x = peer_exec_shell(p, "seq 1 20000; exit 3", "");
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, false, 3);
    assert_int_equal(x->said.output.length, 108894);
    peer_signal(p, flood->stream, SIGTERM);
    peer_until_exec(p, flood, peer_exec_over);
    assert_exit(flood, true, SIGTERM);
    end_workload(p);
}

/* Kata Containers' agent, issue 370. */
static void background_child_holds_nothing(void **state)
{
    static const char *const terminals[] = {"", ",\"tty\":true"};
    struct peer_host *p = *state;
    run_workload(p);
    for (size_t i = 0; i < ARRAY_LEN(terminals); i++) {
        struct peer_process *x =
            peer_exec_shell(p, "(trap '' HUP; exec sleep 1000) & printf out; exit 3", terminals[i]);
        peer_until_exec(p, x, peer_exec_over);
        assert_exit(x, false, 3);
        assert_text(&x->said.output, "out");
    }
    end_workload(p);
}

#define ATTEMPTS 100

/* One that is stopped on its way to its command: it gets there first at times. */
static struct peer_process *exec_stopped(struct peer_host *p)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct peer_process *x = peer_exec_shell(p, "exec sleep 1000", "");
        peer_signal(p, x->stream, SIGSTOP);
        struct peer_process *other = peer_exec_shell(p, "exit 3", "");
        peer_until_exec(p, other, peer_exec_over);
        assert_exit(other, false, 3);
        if (!peer_exec_started(x))
            return x;
        peer_signal(p, x->stream, SIGKILL);
    }
    fail_msg("none of %d was stopped in time", ATTEMPTS);
    return NULL;
}

static void a_slow_start_holds_up_nobody(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x = exec_stopped(p), *y = exec_stopped(p);
    peer_signal(p, y->stream, SIGCONT);
    peer_until_exec(p, y, peer_exec_started);
    assert_false(peer_exec_started(x));
    peer_signal(p, x->stream, SIGKILL);
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, true, SIGKILL);
    end_workload(p);
    assert_exit(y, true, SIGKILL);
}

static bool has_ended(const struct peer_process *x)
{
    return x->said.ended || x->said.failed;
}

/* What it has written before its end waits for credit, however late that comes. */
static void output_before_the_end_is_complete(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    p->grant = false;
    struct peer_process *x =
        peer_exec_shell(p, "sleep 1000 & head -c 300000 /dev/zero; echo e >&2; exit 4", "");
    peer_until_exec(p, x, has_ended);
    assert_exit(x, false, 4);
    assert_int_equal(x->said.output.length, 0);
    assert_false(x->said.output_eof);
    peer_credit_to(p, x->stream, FRAME_STDOUT, 100000);
    p->grant = true;
    peer_credit_to(p, x->stream, FRAME_STDERR, 2);
    peer_until_exec(p, x, peer_exec_over);
    assert_int_equal(x->said.output.length, 300000);
    assert_text(&x->said.error_output, "e\n");
    end_workload(p);
}

/* Its child that writes on and on is not heard without end. */
static void background_writer_is_cut_off(void **state)
{
    static const char *const terminals[] = {"", ",\"tty\":true"};
    struct peer_host *p = *state;
    run_workload(p);
    for (size_t i = 0; i < ARRAY_LEN(terminals); i++) {
        struct peer_process *x =
            peer_exec_shell(p, "(trap '' HUP; exec yes) & sleep 0.1; exit 3", terminals[i]);
        peer_until_exec(p, x, peer_exec_over);
        assert_exit(x, false, 3);
    }
    end_workload(p);
}

static void terminal_output_is_complete(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    for (int i = 0; i < 10; i++) {
        struct peer_process *x = peer_exec_shell(p, "seq 1 20000", ",\"tty\":true");
        peer_until_exec(p, x, peer_exec_over);
        assert_exit(x, false, 0);
        assert_int_equal(x->said.output.length, 108894 + 20000);
    }
    end_workload(p);
}

static void signals_go_to_the_right_one(void **state)
{
    static const char script[] = "trap 'echo got; exit 9' USR1; echo up; "
                                 "while :; do sleep 0.02; done";
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *a = peer_exec_shell(p, script, ""), *b = peer_exec_shell(p, script, "");
    peer_until_exec(p, a, has_output);
    peer_until_exec(p, b, has_output);
    peer_signal(p, b->stream, SIGUSR1);
    peer_until_exec(p, b, peer_exec_over);
    assert_exit(b, false, 9);
    assert_text(&b->said.output, "up\ngot\n");
    assert_false(a->said.ended);
    assert_text(&a->said.output, "up\n");
    peer_signal(p, a->stream, SIGKILL);
    peer_until_exec(p, a, peer_exec_over);
    assert_exit(a, true, SIGKILL);
    end_workload(p);
}

static void sizes_go_to_the_right_one(void **state)
{
    static const char script[] = "trap 'stty size; exit 9' INT; stty size; "
                                 "while :; do sleep 0.02; done";
    static const char extra[] = ",\"tty\":true,\"rows\":33,\"columns\":101";
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *a = peer_exec_shell(p, script, extra),
                        *b = peer_exec_shell(p, script, extra);
    peer_until_exec(p, a, has_output);
    peer_until_exec(p, b, has_output);
    peer_resize(p, b->stream, &(struct window_size){44, 202});
    peer_signal(p, a->stream, SIGINT);
    peer_signal(p, b->stream, SIGINT);
    peer_until_exec(p, a, peer_exec_over);
    peer_until_exec(p, b, peer_exec_over);
    assert_exit(a, false, 9);
    assert_exit(b, false, 9);
    assert_text(&a->said.output, "33 101\r\n33 101\r\n");
    assert_text(&b->said.output, "33 101\r\n44 202\r\n");
    /* Right behind EXEC, before there is a terminal. */
    struct peer_process *c = peer_exec_shell(
        p, "until [ \"$(stty size)\" = '55 203' ]; do sleep 0.02; done", ",\"tty\":true");
    peer_resize(p, c->stream, &(struct window_size){55, 203});
    peer_until_exec(p, c, peer_exec_started);
    peer_until_exec(p, c, peer_exec_over);
    assert_exit(c, false, 0);
    end_workload(p);
}

static void terminal_that_goes_away_hangs_up(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x =
        peer_exec_shell(p, "trap 'exit 7' HUP; echo ready; read -r line; exit 8", ",\"tty\":true");
    peer_until_exec(p, x, has_output);
    x->input_eof = true;
    peer_until_exec(p, x, peer_exec_over);
    assert_exit(x, false, 7);
    end_workload(p);
}

static void sixty_four_and_one_more(void **state)
{
    struct peer_host *p = *state;
    struct peer_process *x[EXECS_MAX];
    run_workload(p);
    for (int i = 0; i < EXECS_MAX; i++)
        x[i] = peer_exec_shell(p, "exec sleep 1000", "");
    for (int i = 0; i < EXECS_MAX; i++)
        peer_until_exec(p, x[i], peer_exec_started);
    struct peer_process *more = peer_exec_shell(p, "echo too many", "");
    peer_until_exec(p, more, peer_exec_over);
    assert_error(more, 125, "too many processes: at most 64 at a time");
    peer_signal(p, x[40]->stream, SIGKILL);
    peer_until_exec(p, x[40], peer_exec_over);
    struct peer_process *again = peer_exec_shell(p, "echo fits", "");
    peer_until_exec(p, again, peer_exec_over);
    assert_text(&again->said.output, "fits\n");
    end_workload(p);
    for (int i = 0; i < EXECS_MAX; i++)
        assert_exit(x[i], true, SIGKILL);
}

/* An ERROR of that stream alone, in the words for a workload. */
static void what_cannot_run(void **state)
{
    static const struct {
        const char *process;
        int status;
        const char *text;
    } cases[] = {
        {"{\"args\":[\"/no/such/command\"]}", 127, "cannot run '/no/such/command'"},
        {"{\"args\":[\"no-such\"],\"env\":[\"PATH=/bin\"]}", 127, "command not found in PATH"},
        {"{\"args\":[\"/etc/passwd\"]}", 126, "Permission denied"},
        {"{\"args\":[\"/tmp\"]}", 126, "Permission denied"},
        {"{\"args\":[\"true\"],\"cwd\":\"/no/such/dir\"}", 125, "'/no/such/dir'"},
        {"{\"args\":[\"true\"],\"user\":\"no-such-user\"}", 125, "no user 'no-such-user'"},
        {"{\"args\":[\"/no/such\"],\"tty\":true}", 127, "cannot run '/no/such'"},
        {"{\"args\":[]}", 125, "no args"},
        {"{\"args\":[\"true\"],\"hostname\":\"x\"}", 125, "unknown key 'hostname'"},
        {"{", 125, "byte 1"},
        {"", 125, "configuration is empty"},
    };
    struct peer_host *p = *state;
    run_workload(p);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_process *x = peer_exec(p, cases[i].process);
        peer_until_exec(p, x, peer_exec_over);
        assert_error(x, cases[i].status, cases[i].text);
    }
    end_workload(p);
}

static void text_beyond_its_limit(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    AUTO_FREE char *text = xcalloc(CONFIG_SIZE_MAX + 2, 1);
    memset(text, ' ', CONFIG_SIZE_MAX + 1);
    struct peer_process *x = peer_exec(p, text);
    peer_until_exec(p, x, peer_exec_over);
    assert_error(x, 125, "larger than");
    end_workload(p);
}

/* The peer asserts that the workload's EXIT is the last frame. */
static void workload_ends_while_they_run(void **state)
{
    struct peer_host *p = *state;
    struct peer_process *x[TOGETHER];
    run_workload(p);
    for (int i = 0; i < TOGETHER; i++)
        x[i] =
            peer_exec_shell(p, "trap '' TERM; echo up; sleep 1000", i % 2 ? ",\"tty\":true" : "");
    for (int i = 0; i < TOGETHER; i++)
        peer_until_exec(p, x[i], has_output);
    end_workload(p);
    for (int i = 0; i < TOGETHER; i++) {
        assert_true(peer_exec_over(x[i]));
        assert_exit(x[i], true, SIGKILL);
    }
}

/* Its reader has some seconds; the container's end is not held up by one that never comes. */
static void output_that_nobody_takes(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    peer_until(p, is_up);
    p->grant = false;
    struct peer_process *x = peer_exec_shell(p, "echo out; exit 3", "");
    peer_until_exec(p, x, has_ended);
    assert_exit(x, false, 3);
    int64_t began = now_ns();
    end_workload(p);
    assert_true(now_ns() - began < 15 * NS_PER_S);
    assert_true(peer_exec_over(x));
    assert_int_equal(x->said.output.length, 0);
}

static bool output_waits(const struct peer_host *p)
{
    return p->workload.said.error_eof;
}

static void none_after_the_workload_has_ended(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *workload = peer_shell("echo out; exit 6", "");
    peer_configure(p, workload, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDERR, 1);
    peer_until(p, output_waits);
    struct peer_process *x = peer_exec_shell(p, "true", "");
    peer_until_exec(p, x, peer_exec_over);
    /* It may have come in the last moment of the workload's. */
    if (x->said.failed)
        assert_error(x, 125, "the container has ended");
    struct peer_process *y = peer_exec_shell(p, "true", "");
    peer_until_exec(p, y, peer_exec_over);
    assert_error(y, 125, "the container has ended");
    peer_credit(p, FRAME_STDOUT, 100);
    peer_until(p, peer_said_end);
    assert_int_equal(p->workload.said.record.value, 6);
}

static void input_that_is_closed_at_once(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x = peer_exec_shell(p, "cat; echo over", "");
    x->input_eof = true;
    peer_until_exec(p, x, peer_exec_over);
    assert_text(&x->said.output, "over\n");
    assert_int_equal(x->said.record.input_taken, 0);
    end_workload(p);
}

static bool has_seven_bytes(const struct peer_process *x)
{
    return x->said.output.length >= 7;
}

static void credit_is_each_stream_s_own(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    p->grant = false;
    struct peer_process *a = peer_exec_shell(p, "exec yes", ""),
                        *b = peer_exec_shell(p, "yes | head -c 9", "");
    peer_until_exec(p, a, peer_exec_started);
    peer_until_exec(p, b, peer_exec_started);
    peer_credit_to(p, a->stream, FRAME_STDOUT, 7);
    peer_until_exec(p, a, has_seven_bytes);
    peer_credit_to(p, b->stream, FRAME_STDOUT, 10);
    peer_credit_to(p, b->stream, FRAME_STDERR, 1);
    peer_until_exec(p, b, peer_exec_over);
    assert_int_equal(a->said.output.length, 7);
    assert_int_equal(b->said.output.length, 9);
    uint8_t closing[CLOSE_SIZE];
    encode_close(closing, FRAME_STDOUT);
    peer_send_to(p, a->stream, FRAME_CLOSE, closing, sizeof(closing));
    peer_until_exec(p, a, peer_exec_over);
    assert_exit(a, true, SIGPIPE);
    end_workload(p);
}

/* What a host sent before it knew of the end. */
static void late_frames_are_nothing(void **state)
{
    struct peer_host *p = *state;
    run_workload(p);
    struct peer_process *x = peer_exec_shell(p, "true", "");
    peer_until_exec(p, x, peer_exec_over);
    peer_credit_to(p, x->stream, FRAME_STDOUT, 100);
    peer_send_to(p, x->stream, FRAME_STDIN, "x", 1);
    peer_signal(p, x->stream, SIGTERM);
    peer_resize(p, x->stream, &(struct window_size){1, 1});
    struct peer_process *y = peer_exec_shell(p, "echo on", "");
    peer_until_exec(p, y, peer_exec_over);
    assert_text(&y->said.output, "on\n");
    end_workload(p);
}

/* Frames that no host may send, each in a session of its own; stream 1 has a process. */
static void protocol_violations_end_the_session(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool data;
        const char *text;
    } cases[] = {
#define BYTES(text) text, sizeof(text) - 1
        {BYTES("\0\12\0\0\0\0\0\0"), false, "EXEC for stream 0, which is in use"},
        {BYTES("\0\12\0\1\0\0\0\0"), false, "EXEC for stream 1, which is in use"},
        {BYTES("\0\12\0\5\0\0\0\1{\0\12\0\6\0\0\0\1{"), false,
         "EXEC for stream 6 within that for stream 5"},
        {BYTES("\0\12\0\5\0\0\0\1{"), true, "unexpected EXEC"},
        {BYTES("\0\6\0\1\0\0\0\2\0\4"), true, "unexpected CLOSE frame for stream 1"},
        {BYTES("\0\5\0\1\0\0\0\6\0\24\377\377\377\377"), true, "too much credit"},
        {BYTES("\0\2\0\1\0\0\0\1\377"), false, "signal 255"},
#undef BYTES
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        run_workload(p);
        struct peer_process *x = peer_exec_shell(p, "exec sleep 1000", "");
        peer_until_exec(p, x, peer_exec_started);
        assert_int_equal(x->stream, 1);
        struct channel *ch = cases[i].data ? &p->data : &p->control;
        queue_append(&ch->out, cases[i].bytes, cases[i].length);
        peer_until(p, peer_said_end);
        assert_error(&(struct peer_process){.said = {.failed = p->workload.said.failed,
                                                     .error = p->workload.said.error}},
                     125, cases[i].text);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

/* Before the workload there is nothing to run beside. */
static void none_before_the_workload(void **state)
{
    struct peer_host *p = *state;
    peer_prepare(p, "{}");
    peer_until(p, peer_said_prepared);
    peer_exec_shell(p, "true", "");
    peer_until(p, peer_said_end);
    assert_true(p->workload.said.failed);
    assert_non_null(strstr(p->workload.said.error.text, "unexpected EXEC frame"));
}

#define ROUNDS 100

/* A round of them at once, a thousand in all; one in ten with a terminal. */
static void a_thousand_leave_nothing(void **state)
{
    struct peer_host *p = *state;
    struct peer_process *x[TOGETHER];
    run_workload(p);
    peer_until(p, is_up);
    size_t descriptors = peer_count_descriptors(p), children = peer_count_children(p);
    for (int n = 0; n < ROUNDS * TOGETHER; n += TOGETHER) {
        for (int i = 0; i < TOGETHER; i++) {
            AUTO_FREE char *process = xasprintf("{\"args\":[\"/bin/echo\",\"%d\"]%s}", n + i,
                                                i == 0 ? ",\"tty\":true" : "");
            x[i] = peer_exec(p, process);
        }
        for (int i = 0; i < TOGETHER; i++) {
            AUTO_FREE char *text = xasprintf(i == 0 ? "%d\r\n" : "%d\n", n + i);
            peer_until_exec(p, x[i], peer_exec_over);
            assert_exit(x[i], false, 0);
            assert_text(&x[i]->said.output, text);
        }
    }
    assert_int_equal(peer_count_children(p), children);
    assert_int_equal(peer_count_descriptors(p), descriptors);
    end_workload(p);
}

int main(void)
{
#define EXEC_TEST(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)
    const struct CMUnitTest tests[] = {
        EXEC_TEST(runs_beside_the_workload),
        EXEC_TEST(as_the_workload_is),
        EXEC_TEST(every_end_is_exact),
        EXEC_TEST(ten_at_once),
        EXEC_TEST(much_data_beside_one_that_does_nothing),
        EXEC_TEST(flood_lets_the_others_through),
        EXEC_TEST(background_child_holds_nothing),
        EXEC_TEST(a_slow_start_holds_up_nobody),
        EXEC_TEST(output_before_the_end_is_complete),
        EXEC_TEST(background_writer_is_cut_off),
        EXEC_TEST(terminal_output_is_complete),
        EXEC_TEST(signals_go_to_the_right_one),
        EXEC_TEST(sizes_go_to_the_right_one),
        EXEC_TEST(terminal_that_goes_away_hangs_up),
        EXEC_TEST(sixty_four_and_one_more),
        EXEC_TEST(what_cannot_run),
        EXEC_TEST(text_beyond_its_limit),
        EXEC_TEST(workload_ends_while_they_run),
        EXEC_TEST(output_that_nobody_takes),
        EXEC_TEST(none_after_the_workload_has_ended),
        EXEC_TEST(input_that_is_closed_at_once),
        EXEC_TEST(credit_is_each_stream_s_own),
        EXEC_TEST(late_frames_are_nothing),
        EXEC_TEST(protocol_violations_end_the_session),
        EXEC_TEST(none_before_the_workload),
        EXEC_TEST(a_thousand_leave_nothing),
    };
    return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}
