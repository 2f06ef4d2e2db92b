/*
 * The real agent over socket pairs: everything but the machine around it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/relay.h"
#include "common/util.h"
#include "tests/agent/peer.h"
#include "tests/unit/check.h"

static void run_shell(struct peer_host *p, const char *script, const char *extra)
{
    AUTO_FREE char *json = peer_shell(script, extra);
    peer_run(p, json, NULL, 0);
}

static void assert_said(const struct queue *q, const char *text)
{
    AUTO_FREE char *copy = xasprintf("%.*s", (int)q->length, (const char *)queue_bytes(q));
    assert_string_equal(q->length ? copy : "", text);
}

static void assert_exit(const struct peer_host *p, bool signaled, int value)
{
    if (p->workload.said.failed)
        fail_msg("ERROR: %s", p->workload.said.error.text);
    assert_int_equal(p->workload.said.record.signaled, signaled);
    assert_int_equal(p->workload.said.record.value, value);
}

static void assert_error(const struct peer_host *p, int status, const char *text)
{
    assert_true(p->workload.said.failed);
    if (p->workload.said.error.status != status || !strstr(p->workload.said.error.text, text))
        fail_msg("ERROR %d: %s", p->workload.said.error.status, p->workload.said.error.text);
}

static void three_streams_stay_apart(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("cat; echo err >&2; exit 7", "");
    peer_run(p, json, "in\0put\n", 7);
    assert_exit(p, false, 7);
    assert_int_equal(p->workload.said.output.length, 7);
    assert_memory_equal(queue_bytes(&p->workload.said.output), "in\0put\n", 7);
    assert_said(&p->workload.said.error_output, "err\n");
    assert_true(p->workload.said.start.pid > 0);
    assert_true(p->workload.said.start.config_ns > 0);
    assert_true(p->workload.said.start.share_ns >= p->workload.said.start.config_ns);
    assert_true(p->workload.said.start.rootfs_ns >= p->workload.said.start.share_ns);
    assert_true(p->workload.said.start.start_ns >= p->workload.said.start.rootfs_ns);
    peer_until(p, peer_has_left);
    assert_int_equal(peer_wait(p), 0);
}

/* One process for all 256, since each test of this file starts an agent. */
static void every_exit_code_arrives(void **state)
{
    for (int code = 0; code <= 255; code++) {
        struct peer_host *p = *state;
        AUTO_FREE char *script = xasprintf("exit %d", code);
        run_shell(p, script, "");
        assert_exit(p, false, code);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void deaths_by_signal_arrive(void **state)
{
    static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGBUS,  SIGFPE,
                                  SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *script = xasprintf("ulimit -c 0; kill -%d $$", signals[i]);
        run_shell(p, script, "");
        assert_exit(p, true, signals[i]);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static bool has_line(const struct peer_host *p)
{
    return p->workload.said.output.length > 0 &&
           memchr(queue_bytes(&p->workload.said.output), '\n', p->workload.said.output.length);
}

static void signals_reach_the_main_process(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("trap 'echo got; exit 3' TERM; echo ready; "
                                      "while :; do sleep 0.01; done",
                                      "");
    peer_configure(p, json, 10);
    peer_until(p, peer_said_started);
    peer_credit(p, FRAME_STDOUT, 1000);
    peer_credit(p, FRAME_STDERR, 1000);
    uint8_t number;
    /* The first line of output says that the handler stands. */
    peer_until(p, has_line);
    encode_signal(&number, SIGTERM);
    peer_send(p, FRAME_SIGNAL, &number, 1);
    peer_until(p, peer_said_end);
    assert_exit(p, false, 3);
    assert_said(&p->workload.said.output, "ready\ngot\n");
}

static void uncaught_signal_ends_it(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("exec sleep 1000", "");
    uint8_t number;
    encode_signal(&number, SIGKILL);
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    /* Right behind the configuration, before STARTED: it waits, it is not lost. */
    peer_send(p, FRAME_SIGNAL, &number, 1);
    peer_credit(p, FRAME_STDOUT, 1);
    peer_credit(p, FRAME_STDERR, 1);
    peer_until(p, peer_said_end);
    assert_exit(p, true, SIGKILL);
}

static void commands_that_cannot_run(void **state)
{
    static const struct {
        const char *args;
        int status;
        const char *text;
    } cases[] = {
        {"\"/no/such/command\"", 127, "/no/such/command"},
        {"\"no-such-command\"", 127, "not found in PATH"},
        {"\"\"", 127, "cannot run ''"},
        {"\"/tmp\"", 126, "Permission denied"},
        {"\"/etc/passwd\"", 126, "Permission denied"},
        {"\"/etc/passwd/x\"", 126, "Not a directory"},
        {"\"a\\nb\"", 127, "cannot run 'a?b'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json =
            xasprintf("{\"args\":[%s],\"env\":[\"PATH=/usr/bin:/bin\"]}", cases[i].args);
        peer_run(p, json, NULL, 0);
        assert_error(p, cases[i].status, cases[i].text);
        assert_false(p->workload.said.started);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

/* Files with the execute bit: no format that the kernel knows, or an interpreter that cannot be. */
static void files_that_are_no_programs(void **state)
{
    static const struct {
        const char *text;
        int status;
        const char *message;
    } cases[] = {
        {"just text\n", 126, "Exec format error (neither a program nor"},
        {"", 126, "Exec format error (it is empty)"},
        {"\357\273\277#!/bin/sh\n", 126, "byte order mark"},
        {"#!/no/such/interpreter\n", 127,
         "': its interpreter '/no/such/interpreter' does not exist"},
        {"#! \t relative -x\n", 127, "its interpreter 'relative' does not exist"},
        {"#!/bin/sh\r\nexit 0\r\n", 127, "carriage return (CRLF)"},
        {"#!/bin/sh/x\n", 126, "its interpreter '/bin/sh/x' does not exist"},
        {"#!/etc/passwd\n", 126, "its interpreter '/etc/passwd' cannot be executed: Permission"},
        {"#!/tmp\n", 126, "its interpreter '/tmp' cannot be executed: Permission"},
        {"#!\n", 126, "Exec format error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        char path[] = "/tmp/vmc-agent-test-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        dprintf(fd, "%s", cases[i].text);
        fchmod(fd, 0755);
        close(fd);
        AUTO_FREE char *json = xasprintf("{\"args\":[\"%s\"]}", path);
        peer_run(p, json, NULL, 0);
        unlink(path);
        assert_error(p, cases[i].status, cases[i].message);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

/* A file with that text and the execute bit. */
static void make_program(const char *directory, const char *name, const char *text)
{
    AUTO_FREE char *path = xasprintf("%s/%s", directory, name);
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "%s", text) > 0);
}

/* One that is found in PATH is named by its path, and so is the file that is at fault behind it. */
static void interpreters_of_what_path_has(void **state)
{
    struct peer_host *p = *state;
    char directory[] = "/tmp/vmc-agent-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    AUTO_FREE char *outer = xasprintf("#!%s/inner\n", directory);
    make_program(directory, "outer", outer);
    make_program(directory, "inner", "#!/no/such\n");
    AUTO_FREE char *json =
        xasprintf("{\"args\":[\"outer\"],\"env\":[\"PATH=/bin:%s\"]}", directory);
    AUTO_FREE char *message =
        xasprintf("cannot run 'outer': %s/inner: its interpreter '/no/such' does not", directory);
    peer_run(p, json, NULL, 0);
    AUTO_FREE char *remove = xasprintf("rm -r %s", directory);
    assert_int_equal(system(remove), 0);
    assert_error(p, 127, message);
}

/* A program's loader: a copy of the shell whose PT_INTERP has one letter changed. */
static void loader_that_is_missing(void **state)
{
    struct peer_host *p = *state;
    char path[] = "/tmp/vmc-agent-test-XXXXXX";
    AUTO_CLOSE int fd = mkstemp(path);
    assert_true(fd >= 0);
    AUTO_FREE char *copy =
        xasprintf("sed 's,/lib\\(64\\)\\?/ld-linux,/lib\\1/no-linux,' /bin/sh >%s", path);
    assert_int_equal(system(copy), 0);
    fchmod(fd, 0755);
    close(take_fd(&fd));
    AUTO_FREE char *json = xasprintf("{\"args\":[\"%s\"]}", path);
    peer_run(p, json, NULL, 0);
    unlink(path);
    assert_error(p, 127, "/no-linux");
    assert_error(p, 127, "its loader '");
}

static void settings_that_cannot_be(void **state)
{
    static const struct {
        const char *extra, *text;
    } cases[] = {
        {",\"cwd\":\"/no/such/dir\"", "'/no/such/dir'"},
        {",\"user\":\"no-such-user\"", "no user 'no-such-user'"},
        {",\"user\":\"0:no-such-group\"", "no group 'no-such-group'"},
        {",\"root\":{\"upper\":\"ram\"}", "unknown key 'root'"},
        {",\"nonsense\":1", "unknown key 'nonsense'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        run_shell(p, "true", cases[i].extra);
        assert_error(p, 125, cases[i].text);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void shapes_that_cannot_be(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"root\":{\"upper\":\"ram\"}}", "only an agent in its own machine"},
        {"{\"userns\":true}", "a plain process cannot have settings of a container"},
        {"{\"args\":[\"true\"]}", "unknown key 'args'"},
        {"{", "byte 1"},
        {"", "configuration is empty"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        peer_prepare(p, cases[i].json);
        peer_until(p, peer_said_end);
        assert_error(p, 125, cases[i].text);
        assert_false(p->workload.said.prepared);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

/* What waits for its configuration ends with its host; one that is woken says HELLO again. */
static void prepared_process_waits(void **state)
{
    struct peer_host *p = *state;
    peer_prepare(p, "{}");
    peer_until(p, peer_said_prepared);
    assert_true(p->workload.said.prepared);
    p->workload.said.hello = false;
    peer_send(p, FRAME_WAKE, NULL, 0);
    peer_until(p, peer_said_hello);
    assert_int_equal(peer_teardown(state), 0);
    assert_int_equal(peer_setup(state), 0);
    p = *state;
    peer_send(p, FRAME_WAKE, NULL, 0);
    peer_until(p, peer_said_end);
    assert_error(p, 125, "unexpected WAKE frame");
}

static void working_directory_and_environment(void **state)
{
    struct peer_host *p = *state;
    run_shell(p, "pwd; echo \"$A\"; umask; env | wc -l; ls -l /proc/self/fd | grep -c '[0-9] ->'",
              ",\"cwd\":\"/usr/bin\"");
    assert_exit(p, false, 0);
    /* PATH, and PWD and _ of the shell's own; descriptors: 0, 1, 2 and the directory itself. */
    assert_said(&p->workload.said.output, "/usr/bin\n\n0022\n2\n4\n");
}

/* In place of what the shape says for the container. */
static void rights_of_one_process(void **state)
{
    static const struct {
        const char *extra, *said;
        bool root;
    } cases[] = {
        {"", "1 60\n", false},
        {",\"no_new_privs\":false", "0 60\n", false},
        {",\"rlimits\":[{\"resource\":7,\"soft\":50,\"hard\":50}]", "1 50\n", false},
        {",\"capabilities\":{\"bounding\":1}", "1 60 0000000000000001\n", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        if (cases[i].root && geteuid() != 0)
            continue;
        AUTO_FREE char *script = xasprintf(
            "set -- $(grep -E '^(NoNewPrivs|CapBnd)' /proc/self/status); echo $4 $(ulimit -n)%s",
            cases[i].root ? " $2" : "");
        peer_prepare(p, "{\"no_new_privs\":true,"
                        "\"rlimits\":[{\"resource\":7,\"soft\":60,\"hard\":60}]}");
        run_shell(p, script, cases[i].extra);
        assert_exit(p, false, 0);
        assert_said(&p->workload.said.output, cases[i].said);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void users_are_entered(void **state)
{
    struct peer_host *p = *state;
    if (geteuid() != 0)
        skip();
    run_shell(p, "id -u; id -g; echo $HOME", ",\"user\":\"12345:54321\"");
    assert_exit(p, false, 0);
    assert_said(&p->workload.said.output, "12345\n54321\n/\n");
}

static void signals_are_reset_for_the_workload(void **state)
{
    struct peer_host *p = *state;
    run_shell(p, "grep -E '^(SigBlk|SigIgn)' /proc/self/status | tr -d '\\t'", "");
    /* Signals 32 and 33 belong to the C library; what the test's own parents did stays. */
    AUTO_FREE char *said = xasprintf("%.*s", (int)p->workload.said.output.length,
                                     (const char *)queue_bytes(&p->workload.said.output));
    unsigned long long blocked = ~0ULL, ignored = ~0ULL;
    assert_int_equal(sscanf(said, "SigBlk:%llx\nSigIgn:%llx", &blocked, &ignored), 2);
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored & ~0x180000000ULL, 0);
}

static unsigned char at(size_t position)
{
    return (unsigned char)(position * 211 + (position >> 9));
}

static void much_data_passes_both_ways(void **state)
{
    struct peer_host *p = *state;
    size_t length = 8 << 20;
    AUTO_FREE unsigned char *bytes = xcalloc(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = at(i);
    AUTO_FREE char *json = peer_shell("tee /dev/stderr", "");
    peer_run(p, json, bytes, length);
    assert_exit(p, false, 0);
    assert_int_equal(p->workload.said.output.length, length);
    assert_int_equal(p->workload.said.error_output.length, length);
    assert_memory_equal(queue_bytes(&p->workload.said.output), bytes, length);
    assert_memory_equal(queue_bytes(&p->workload.said.error_output), bytes, length);
}

static void odd_pieces_of_configuration(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("echo ok", "");
    peer_credit(p, FRAME_STDOUT, 100);
    peer_credit(p, FRAME_STDERR, 100);
    peer_configure(p, json, 1);
    peer_until(p, peer_said_end);
    assert_said(&p->workload.said.output, "ok\n");
}

static bool has_seven_bytes(const struct peer_host *p)
{
    return p->workload.said.output.length >= 7;
}

/* No credit, no bytes; and then exactly as many as were asked for. */
static void output_waits_for_credit(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("yes | head -c 100; echo done >&2", "");
    p->grant = false;
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDERR, 100);
    peer_until(p, peer_said_started);
    peer_credit(p, FRAME_STDOUT, 7);
    peer_until(p, has_seven_bytes);
    assert_int_equal(p->workload.said.output.length, 7);
    /* One more than there is: the end shows when it is read for. */
    peer_credit(p, FRAME_STDOUT, 94);
    peer_until(p, peer_said_end);
    assert_int_equal(p->workload.said.output.length, 100);
    assert_said(&p->workload.said.error_output, "done\n");
}

/* A stream nobody reads does not stop the other one, or a signal. */
static bool has_error_output(const struct peer_host *p)
{
    return p->workload.said.error_output.length > 0;
}

static void starved_output_does_not_stop_the_rest(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("yes & sleep 0.1; echo alive >&2; wait", "");
    p->grant = false;
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDERR, 100);
    peer_until(p, has_error_output);
    uint8_t number;
    encode_signal(&number, SIGTERM);
    peer_send(p, FRAME_SIGNAL, &number, 1);
    /* The pipe of stdout is full, and its rest is delivered once somebody asks. */
    p->grant = true;
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_until(p, peer_said_end);
    assert_exit(p, true, SIGTERM);
}

static void readers_that_leave_stop_the_writer(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("yes; echo status $? >&2", "");
    uint8_t closing[CLOSE_SIZE];
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, 1000);
    peer_credit(p, FRAME_STDERR, 1000);
    peer_until(p, has_seven_bytes);
    encode_close(closing, FRAME_STDOUT);
    peer_send_data(p, FRAME_CLOSE, closing, sizeof(closing));
    peer_until(p, peer_said_end);
    assert_exit(p, false, 0);
    assert_said(&p->workload.said.error_output, "status 141\n"); /* SIGPIPE */
}

static bool input_was_closed(const struct peer_host *p)
{
    return p->workload.said.input_closed;
}

/* `yes | vmc run … head -1`: the workload stops reading and the host is told. */
static void workload_that_stops_reading(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("read x; exec <&-; echo $x; sleep 0.05; echo end", "");
    size_t length = 4 << 20;
    AUTO_FREE char *bytes = xcalloc(length, 1);
    memset(bytes, '\n', length);
    bytes[0] = 'a';
    peer_run(p, json, bytes, length);
    assert_exit(p, false, 0);
    assert_said(&p->workload.said.output, "a\nend\n");
    assert_true(input_was_closed(p));
    assert_int_equal(p->workload.said.input_granted, RELAY_FIRST);
    assert_int_equal(p->workload.said.record.input_taken, 2);
}

/* A workload that reads nothing is given no more than the first piece, of which it takes nothing.
 */
static void unread_input_is_left(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("sleep 0.2; exit 5", "");
    size_t length = 4 << 20;
    AUTO_FREE char *bytes = xcalloc(length, 1);
    peer_run(p, json, bytes, length);
    assert_exit(p, false, 5);
    assert_int_equal(p->workload.said.input_granted, RELAY_FIRST);
    assert_int_equal(p->workload.said.record.input_taken, 0);
}

static void input_is_counted(void **state)
{
    static const struct {
        const char *script;
        size_t length, taken;
    } cases[] = {
        {"cat >/dev/null", 7, 7},
        {"cat >/dev/null", 300000, 300000},
        {"dd bs=1 count=3 2>/dev/null", 7, 3},
        {"dd bs=1 count=3 2>/dev/null; exec <&-; sleep 0.05", 7, 3},
        {"dd bs=5000 count=2 2>/dev/null >/dev/null", 4096, 4096},
        {"true", 7, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json = peer_shell(cases[i].script, "");
        AUTO_FREE char *bytes = xcalloc(cases[i].length, 1);
        peer_run(p, json, bytes, cases[i].length);
        assert_exit(p, false, 0);
        assert_int_equal(p->workload.said.record.input_taken, cases[i].taken);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void input_at_its_end_from_the_start(void **state)
{
    struct peer_host *p = *state;
    run_shell(p, "cat; echo over", "");
    assert_said(&p->workload.said.output, "over\n");
}

/* The container ends with its main process; what it left in the background goes too. */
static void background_processes_are_ended(void **state)
{
    struct peer_host *p = *state;
    run_shell(p, "setsid sleep 1000 & (trap '' TERM HUP; sleep 1000) & echo out; exit 4", "");
    assert_exit(p, false, 4);
    assert_said(&p->workload.said.output, "out\n");
}

static void ten_thousand_variables(void **state)
{
    struct peer_host *p = *state;
    struct queue json = {0};
    static const char start[] = "{\"args\":[\"/usr/bin/env\"],\"env\":[\"V0=x\"", end[] = "]}";
    queue_append(&json, start, strlen(start));
    for (int i = 1; i < 10000; i++) {
        char entry[40];
        queue_append(&json, entry, (size_t)snprintf(entry, sizeof(entry), ",\"V%d=%d\"", i, i));
    }
    queue_append(&json, end, sizeof(end));
    peer_run(p, (const char *)queue_bytes(&json), NULL, 0);
    assert_exit(p, false, 0);
    int lines = 0;
    for (size_t i = 0; i < p->workload.said.output.length; i++)
        lines += queue_bytes(&p->workload.said.output)[i] == '\n';
    assert_int_equal(lines, 10000);
    queue_free(&json);
}

/* execve(2) allows 128 KiB for one argument, and a quarter of the stack for all. */
static void large_arguments(void **state)
{
    static const struct {
        size_t length;
        int count;
        bool fits;
    } cases[] = {{131071, 1, true}, {131072, 1, false}, {131000, 14, true}, {131000, 40, false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *argument = xcalloc(cases[i].length + 1, 1);
        memset(argument, 'x', cases[i].length);
        struct queue json = {0};
        static const char start[] = "{\"args\":[\"/bin/true\"", end[] = "]}";
        queue_append(&json, start, strlen(start));
        for (int n = 0; n < cases[i].count; n++) {
            queue_append(&json, ",\"", 2);
            queue_append(&json, argument, cases[i].length);
            queue_append(&json, "\"", 1);
        }
        queue_append(&json, end, sizeof(end));
        peer_run(p, (const char *)queue_bytes(&json), NULL, 0);
        queue_free(&json);
        if (cases[i].fits)
            assert_exit(p, false, 0);
        else
            assert_error(p, 126, "Argument list too long");
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void arguments_that_are_not_utf8(void **state)
{
    struct peer_host *p = *state;
    peer_run(p, "{\"args\":[\"/usr/bin/printf\",\"%s|\",\"\xff\xfe\",\"\",\"a b\",\"\\n\"]}", NULL,
             0);
    assert_exit(p, false, 0);
    assert_said(&p->workload.said.output, "\xff\xfe||a b|\n|");
}

/* Frames that no host may send, each in a session of its own. */
static void protocol_violations_end_the_session(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool data; /* on the data port */
        enum { FIRST, PREPARED, RUNNING } when;
        const char *text;
    } cases[] = {
#define BYTES(text) text, sizeof(text) - 1
        {BYTES("\0\0\0\0\0\0\0\0"), false, FIRST, "unknown frame type 0"},
        {BYTES("GET / HTTP/1.1\r\n\r\n"), false, FIRST, "unknown frame type"},
        {BYTES("\0\20\0\0\0\0\0\24"), false, FIRST, "unexpected HELLO"},
        {BYTES("\0\1\0\0\377\377\377\377"), false, FIRST, "CONFIG frame of 4294967295 bytes"},
        {BYTES("\0\2\0\0\0\0\0\1\2"), false, FIRST, "unexpected SIGNAL"},
        {BYTES("\0\1\0\0\0\0\0\0"), false, FIRST, "unexpected CONFIG"},
        {BYTES("\0\11\0\7\0\0\0\2{}"), false, FIRST, "unexpected PREPARE"},
        {BYTES("\0\1\0\0\0\0\0\0"), false, PREPARED, "configuration is empty"},
        {BYTES("\0\1\0\7\0\0\0\0"), false, PREPARED, "unexpected CONFIG"},
        {BYTES("\0\11\0\0\0\0\0\2{}"), false, PREPARED, "unexpected PREPARE"},
        {BYTES("\0\11\0\0\0\0\0\2{}"), false, RUNNING, "unexpected PREPARE"},
        {BYTES("\0\1\0\0\0\0\0\0"), false, RUNNING, "unexpected CONFIG"},
        {BYTES("\0\2\0\0\0\0\0\1\0"), false, RUNNING, "signal 0"},
        {BYTES("\0\2\0\0\0\0\0\1\377"), false, RUNNING, "signal 255"},
        {BYTES("\0\4\0\0\0\0\0\1x"), false, RUNNING, "unexpected STDIN"},
        {BYTES("\0\2\0\0\0\0\0\1\2"), true, RUNNING, "unexpected SIGNAL"},
        {BYTES("\0\24\0\0\0\0\0\1x"), true, RUNNING, "unexpected STDOUT"},
        {BYTES("\0\5\0\0\0\0\0\6\0\4\0\0\0\1"), true, RUNNING, "unexpected CREDIT"},
        {BYTES("\0\5\0\0\0\0\0\6\0\0\0\0\0\1"), true, RUNNING, "CREDIT for frame type 0"},
        {BYTES("\0\5\0\0\0\0\0\6\0\24\377\377\377\377"), true, RUNNING, "too much credit"},
        {BYTES("\0\6\0\0\0\0\0\2\0\4"), true, RUNNING, "unexpected CLOSE"},
        {BYTES("\0\4\0\0\0\0\0\0\0\4\0\0\0\0\0\1x"), true, RUNNING, "STDIN after its end"},
#undef BYTES
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json = peer_shell("sleep 1000", "");
        if (cases[i].when == PREPARED)
            peer_prepare(p, "{}");
        if (cases[i].when == RUNNING) {
            peer_configure(p, json, FRAME_PAYLOAD_MAX);
            peer_until(p, peer_said_started);
        }
        struct channel *ch = cases[i].data ? &p->data : &p->control;
        queue_append(&ch->out, cases[i].bytes, cases[i].length);
        peer_until(p, peer_said_end);
        assert_error(p, 125, cases[i].text);
        peer_until(p, peer_has_left);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

/* More input than was asked for. */
static void input_without_credit_is_refused(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("sleep 1000", "");
    uint8_t piece[FRAME_PAYLOAD_MAX] = {0};
    p->grant = false;
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    for (int i = 0; i < 64; i++)
        peer_send_data(p, FRAME_STDIN, piece, sizeof(piece));
    peer_until(p, peer_said_end);
    assert_error(p, 125, "more STDIN than was asked for");
}

static void configuration_beyond_its_limit(void **state)
{
    struct peer_host *p = *state;
    uint8_t piece[FRAME_PAYLOAD_MAX];
    memset(piece, ' ', sizeof(piece));
    peer_prepare(p, "{}");
    for (size_t sent = 0; sent <= CONFIG_SIZE_MAX; sent += sizeof(piece))
        peer_send(p, FRAME_CONFIG, piece, sizeof(piece));
    peer_until(p, peer_said_end);
    assert_error(p, 125, "larger than");
}

/* A deterministic storm: whatever comes, the agent answers or leaves, and never hangs. */
static void noise_never_hangs_the_agent(void **state)
{
    unsigned seed = 1;
    for (int round = 0; round < 40; round++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json = peer_shell("exec cat", "");
        if (round % 2) {
            peer_configure(p, json, FRAME_PAYLOAD_MAX);
            peer_until(p, peer_said_started);
        }
        for (int i = 0; i < 50; i++) {
            uint8_t payload[16];
            for (size_t k = 0; k < sizeof(payload); k++)
                payload[k] = (uint8_t)(rand_r(&seed) >> 8);
            enum frame_type type = (enum frame_type)(rand_r(&seed) % 10);
            channel_send(rand_r(&seed) % 2 ? &p->control : &p->data, type,
                         (uint16_t)(rand_r(&seed) % 8 == 0), payload, (size_t)(rand_r(&seed) % 8));
        }
        peer_until(p, peer_said_end);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void host_that_leaves_ends_everything(void **state)
{
    static const bool after_start[] = {false, true};
    for (size_t i = 0; i < ARRAY_LEN(after_start); i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json = peer_shell("exec sleep 1000", "");
        peer_until(p, peer_said_hello);
        if (after_start[i]) {
            peer_configure(p, json, FRAME_PAYLOAD_MAX);
            peer_until(p, peer_said_started);
        }
        pid_t workload = (pid_t)p->workload.said.start.pid;
        channel_close(&p->control);
        assert_int_equal(peer_wait(p), 125);
        if (after_start[i]) {
            assert_int_equal(kill(workload, 0), -1);
            assert_int_equal(errno, ESRCH);
        }
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static bool has_prompt(const struct peer_host *p)
{
    return p->workload.said.output.length &&
           memmem(queue_bytes(&p->workload.said.output), p->workload.said.output.length, "ready",
                  5) != NULL;
}

static void terminal_works(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("trap 'stty size; exit 9' INT; stty size; tty >/dev/null && "
                                      "[ -t 0 -a -t 1 -a -t 2 ] && echo ready; "
                                      "while :; do sleep 0.01; done",
                                      ",\"tty\":true,\"rows\":33,\"columns\":101");
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_until(p, has_prompt);
    uint8_t size[WINSIZE_SIZE];
    encode_winsize(size, &(struct window_size){44, 202});
    peer_send(p, FRAME_WINSIZE, size, sizeof(size));
    /* The size travels on the other port: wait until it is on its way. */
    channel_flush(&p->control, NULL);
    queue_append(&p->workload.input, "\003", 1); /* the terminal makes SIGINT of it */
    peer_until(p, peer_said_end);
    assert_exit(p, false, 9);
    assert_said(&p->workload.said.output, "33 101\r\nready\r\n^C44 202\r\n");
    assert_true(p->workload.said.error_eof);
    assert_int_equal(p->workload.said.error_output.length, 0);
}

/* The end of its input is that of the host's terminal, and so is a host that takes no output. */
static void terminal_that_goes_away_hangs_up(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct peer_host *p = *state;
        AUTO_FREE char *json =
            peer_shell("trap 'exit 7' HUP; echo ready; read -r line; exit 8", ",\"tty\":true");
        peer_configure(p, json, FRAME_PAYLOAD_MAX);
        peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
        peer_until(p, has_prompt);
        uint8_t payload[CLOSE_SIZE];
        encode_close(payload, FRAME_STDOUT);
        if (i == 0)
            p->workload.input_eof = true;
        else
            peer_send_data(p, FRAME_CLOSE, payload, sizeof(payload));
        peer_until(p, peer_said_end);
        assert_exit(p, false, 7);
        assert_int_equal(peer_teardown(state), 0);
        assert_int_equal(peer_setup(state), 0);
    }
}

static void terminal_output_is_complete(void **state)
{
    struct peer_host *p = *state;
    AUTO_FREE char *json = peer_shell("seq 1 20000", ",\"tty\":true");
    peer_configure(p, json, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_until(p, peer_said_end);
    assert_exit(p, false, 0);
    static const char last[] = "19999\r\n20000\r\n";
    size_t length = p->workload.said.output.length;
    assert_int_equal(length, 108894 + 20000);
    assert_memory_equal(queue_bytes(&p->workload.said.output) + length - strlen(last), last,
                        strlen(last));
}

int main(void)
{
#define AGENT_TEST(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)
    const struct CMUnitTest tests[] = {
        AGENT_TEST(three_streams_stay_apart),
        AGENT_TEST(every_exit_code_arrives),
        AGENT_TEST(deaths_by_signal_arrive),
        AGENT_TEST(signals_reach_the_main_process),
        AGENT_TEST(uncaught_signal_ends_it),
        AGENT_TEST(commands_that_cannot_run),
        AGENT_TEST(files_that_are_no_programs),
        AGENT_TEST(interpreters_of_what_path_has),
        AGENT_TEST(loader_that_is_missing),
        AGENT_TEST(settings_that_cannot_be),
        AGENT_TEST(shapes_that_cannot_be),
        AGENT_TEST(prepared_process_waits),
        AGENT_TEST(working_directory_and_environment),
        AGENT_TEST(rights_of_one_process),
        AGENT_TEST(users_are_entered),
        AGENT_TEST(signals_are_reset_for_the_workload),
        AGENT_TEST(much_data_passes_both_ways),
        AGENT_TEST(odd_pieces_of_configuration),
        AGENT_TEST(output_waits_for_credit),
        AGENT_TEST(starved_output_does_not_stop_the_rest),
        AGENT_TEST(readers_that_leave_stop_the_writer),
        AGENT_TEST(workload_that_stops_reading),
        AGENT_TEST(unread_input_is_left),
        AGENT_TEST(input_is_counted),
        AGENT_TEST(input_at_its_end_from_the_start),
        AGENT_TEST(background_processes_are_ended),
        AGENT_TEST(ten_thousand_variables),
        AGENT_TEST(large_arguments),
        AGENT_TEST(arguments_that_are_not_utf8),
        AGENT_TEST(protocol_violations_end_the_session),
        AGENT_TEST(input_without_credit_is_refused),
        AGENT_TEST(configuration_beyond_its_limit),
        AGENT_TEST(noise_never_hangs_the_agent),
        AGENT_TEST(host_that_leaves_ends_everything),
        AGENT_TEST(terminal_works),
        AGENT_TEST(terminal_that_goes_away_hangs_up),
        AGENT_TEST(terminal_output_is_complete),
    };
    return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
