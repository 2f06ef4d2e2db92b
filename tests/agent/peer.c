#include "tests/agent/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "tests/unit/check.h"

#define DEADLINE_S 30

static void exec_agent(int control, int data)
{
    char fds[32];
    const char *agent = getenv("VMC_AGENT");
    snprintf(fds, sizeof(fds), "%d,%d", control, data);
    set_cloexec(control, false);
    set_cloexec(data, false);
    signal(SIGPIPE, SIG_DFL);
    /* A test whose host side dies must not leave an agent behind. */
    execl(agent ? agent : "vmc-agent", "vmc-agent", "--fds", fds, (char *)NULL);
}

int peer_setup_with(void **state, void (*run)(int control, int data))
{
    struct peer_host *p = xcalloc(1, sizeof(*p));
    struct error err = ERROR_INIT;
    int control[2], data[2];
    signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0)
        return -1;
    p->agent = fork();
    if (p->agent == 0) {
        close(control[0]);
        close(data[0]);
        run(control[1], data[1]);
        _exit(99);
    }
    close(control[1]);
    close(data[1]);
    p->grant = true;
    *state = p;
    if (channel_open(&p->control, control[0], PEER_GUEST_CONTROL, &err) < 0)
        return -1;
    return channel_open(&p->data, data[0], PEER_GUEST_DATA, &err);
}

int peer_setup(void **state)
{
    return peer_setup_with(state, exec_agent);
}

static void free_process(struct peer_process *x)
{
    queue_free(&x->said.output);
    queue_free(&x->said.error_output);
    queue_free(&x->input);
}

int peer_teardown(void **state)
{
    struct peer_host *p = *state;
    channel_close(&p->control);
    channel_close(&p->data);
    int status = p->agent > 0 ? peer_wait(p) : 0;
    free_process(&p->workload);
    for (struct peer_process *x = p->execs, *next; x; x = next) {
        next = x->next;
        free_process(x);
        free(x);
    }
    free(p);
    /* Sanitizers end with 1; the agent's own statuses are 0 and 125. */
    return status == 0 || status == 125 ? 0 : -1;
}

static int64_t test_deadline(void)
{
    return now_ns() + DEADLINE_S * NS_PER_S;
}

int peer_wait(struct peer_host *p)
{
    int64_t deadline = test_deadline();
    int status;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    while (waitpid(p->agent, &status, WNOHANG) == 0) {
        struct timespec left = {.tv_sec = 1};
        if (now_ns() > deadline) {
            kill(p->agent, SIGKILL);
            fail_msg("the agent does not end");
        }
        sigtimedwait(&child, NULL, &left);
    }
    p->agent = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void peer_send_to(struct peer_host *p, uint16_t stream, enum frame_type type, const void *payload,
                  size_t length)
{
    bool data = type == FRAME_STDIN || type == FRAME_CREDIT || type == FRAME_CLOSE;
    channel_send(data ? &p->data : &p->control, type, stream, payload, length);
}

void peer_send(struct peer_host *p, enum frame_type type, const void *payload, size_t length)
{
    channel_send(&p->control, type, 0, payload, length);
}

void peer_send_data(struct peer_host *p, enum frame_type type, const void *payload, size_t length)
{
    channel_send(&p->data, type, 0, payload, length);
}

void peer_signal(struct peer_host *p, uint16_t stream, int number)
{
    uint8_t payload[SIGNAL_SIZE];
    encode_signal(payload, number);
    peer_send_to(p, stream, FRAME_SIGNAL, payload, sizeof(payload));
}

void peer_resize(struct peer_host *p, uint16_t stream, const struct window_size *size)
{
    uint8_t payload[WINSIZE_SIZE];
    encode_winsize(payload, size);
    peer_send_to(p, stream, FRAME_WINSIZE, payload, sizeof(payload));
}

void peer_credit_to(struct peer_host *p, uint16_t stream, enum frame_type type, uint32_t count)
{
    uint8_t payload[CREDIT_SIZE];
    encode_credit(payload, type, count);
    peer_send_to(p, stream, FRAME_CREDIT, payload, sizeof(payload));
}

void peer_credit(struct peer_host *p, enum frame_type type, uint32_t count)
{
    peer_credit_to(p, 0, type, count);
}

static void send_text(struct peer_host *p, uint16_t stream, enum frame_type type, const char *text,
                      size_t piece)
{
    size_t length = strlen(text);
    for (size_t sent = 0; sent < length; sent += piece)
        peer_send_to(p, stream, type, text + sent, length - sent < piece ? length - sent : piece);
    peer_send_to(p, stream, type, NULL, 0);
}

struct peer_process *peer_exec(struct peer_host *p, const char *process)
{
    return peer_exec_on(p, ++p->last_stream, process);
}

struct peer_process *peer_exec_on(struct peer_host *p, uint16_t stream, const char *process)
{
    struct peer_process *x = xcalloc(1, sizeof(*x));
    x->stream = stream;
    x->next = p->execs;
    p->execs = x;
    send_text(p, x->stream, FRAME_EXEC, process, FRAME_PAYLOAD_MAX);
    return x;
}

static struct peer_process *find_process(struct peer_host *p, uint16_t stream)
{
    if (stream == 0)
        return &p->workload;
    struct peer_process *x = p->execs;
    while (x && x->stream != stream)
        x = x->next;
    assert_non_null(x);
    return x;
}

void peer_prepare(struct peer_host *p, const char *json)
{
    p->told_shape = true;
    send_text(p, 0, FRAME_PREPARE, json, FRAME_PAYLOAD_MAX);
}

void peer_configure(struct peer_host *p, const char *process, size_t piece)
{
    AUTO_FREE char *json = xasprintf("{\"process\":%s}", process);
    if (!p->told_shape)
        peer_prepare(p, "{}");
    send_text(p, 0, FRAME_CONFIG, json, piece);
}

static void hear_greeting(struct peer_host *p, const struct frame *frame)
{
    struct hello hello;
    struct said *said = &p->workload.said;
    assert_int_equal(frame->stream, 0);
    if (frame->type == FRAME_PREPARED) {
        assert_true(said->hello && !said->prepared);
        said->prepared = true;
        return;
    }
    assert_false(said->hello);
    assert_int_equal(decode_hello(frame, &hello, NULL), 0);
    assert_true(hello.kernel_ns > 0 && hello.agent_ns >= hello.kernel_ns);
    said->hello = true;
}

static void hear_control(struct peer_host *p, const struct frame *frame)
{
    struct peer_process *x = find_process(p, frame->stream);
    struct said *said = &x->said;
    /* The workload's end is the last frame of all. */
    assert_false(said->ended || said->failed || p->workload.said.ended || p->workload.said.failed);
    switch (frame->type) {
    case FRAME_HELLO:
    case FRAME_PREPARED:
        hear_greeting(p, frame);
        break;
    case FRAME_STARTED:
        assert_true(p->workload.said.prepared && !said->started);
        assert_int_equal(decode_started(frame, &said->start, NULL), 0);
        said->started = true;
        if (x->stream > 0 && p->grant) {
            peer_credit_to(p, x->stream, FRAME_STDOUT, RELAY_WINDOW);
            peer_credit_to(p, x->stream, FRAME_STDERR, RELAY_WINDOW);
        }
        break;
    case FRAME_EXIT:
        assert_true(said->started);
        assert_int_equal(decode_exit(frame, &said->record, NULL), 0);
        said->ended = true;
        break;
    default:
        assert_int_equal(frame->type, FRAME_ERROR);
        assert_false(x->stream > 0 && said->started);
        decode_error(frame, &said->error);
        said->failed = true;
    }
}

static void hear_output(struct peer_host *p, struct peer_process *x, const struct frame *frame)
{
    bool first = frame->type == FRAME_STDOUT;
    bool *eof = first ? &x->said.output_eof : &x->said.error_eof;
    assert_false(*eof);
    if (frame->length == 0)
        *eof = true;
    else if (p->grant)
        peer_credit_to(p, x->stream, (enum frame_type)frame->type, frame->length);
    queue_append(first ? &x->said.output : &x->said.error_output, frame->payload, frame->length);
}

static void hear_data(struct peer_host *p, const struct frame *frame)
{
    struct peer_process *x = find_process(p, frame->stream);
    uint16_t type;
    uint32_t count;
    if (frame->type == FRAME_STDOUT || frame->type == FRAME_STDERR) {
        hear_output(p, x, frame);
    } else if (frame->type == FRAME_CREDIT) {
        assert_int_equal(decode_credit(frame, &type, &count, NULL), 0);
        assert_int_equal(type, FRAME_STDIN);
        x->said.input_credit += count;
        x->said.input_granted += count;
        assert_true(x->said.input_credit <= RELAY_WINDOW || !p->grant);
    } else {
        assert_int_equal(frame->type, FRAME_CLOSE);
        assert_int_equal(decode_close(frame, &type, NULL), 0);
        assert_int_equal(type, FRAME_STDIN);
        assert_false(x->said.input_closed);
        x->said.input_closed = true;
    }
}

static void feed_input(struct peer_host *p, struct peer_process *x)
{
    while (x->input.length > 0 && x->said.input_credit > 0 && !x->said.input_closed) {
        size_t n = x->input.length;
        n = n < x->said.input_credit ? n : x->said.input_credit;
        n = n < FRAME_PAYLOAD_MAX ? n : FRAME_PAYLOAD_MAX;
        peer_send_to(p, x->stream, FRAME_STDIN, queue_bytes(&x->input), n);
        queue_consume(&x->input, n);
        x->said.input_credit -= n;
    }
    /* An EXEC has streams from STARTED on, which its first credit comes behind. */
    bool open = x->stream == 0 || x->said.input_granted > 0;
    if (x->input_eof && open && !x->input_eof_sent &&
        (x->input.length == 0 || x->said.input_closed)) {
        peer_send_to(p, x->stream, FRAME_STDIN, NULL, 0);
        x->input_eof_sent = true;
    }
}

static void feed_all(struct peer_host *p)
{
    feed_input(p, &p->workload);
    for (struct peer_process *x = p->execs; x; x = x->next)
        feed_input(p, x);
}

static void read_all(struct peer_host *p, struct channel *ch,
                     void (*hear)(struct peer_host *, const struct frame *))
{
    struct frame frame;
    bool eof = false;
    if (ch->fd < 0)
        return;
    assert_true(channel_fill(ch, &eof, NULL) >= 0);
    int got;
    while ((got = channel_next(ch, &frame, NULL)) > 0)
        hear(p, &frame);
    assert_int_equal(got, 0);
    if (eof && ch == &p->control)
        p->workload.said.left = true;
    if (eof)
        channel_close(ch);
}

static void write_all_frames(struct channel *ch)
{
    /* An agent that has ended the session reads no more; what it said last is what counts. */
    if (ch->fd >= 0 && channel_flush(ch, NULL) < 0)
        ch->out.length = 0;
}

static void relay(struct peer_host *p, int64_t deadline)
{
    feed_all(p);
    write_all_frames(&p->control);
    write_all_frames(&p->data);
    struct pollfd fds[] = {
        {p->control.fd, channel_events(&p->control), 0},
        {p->data.fd, channel_events(&p->data), 0},
    };
    /* What an agent that has left had still sent lies in the data port's socket. */
    if (p->workload.said.left && p->data.fd < 0)
        fail_msg("the agent has left; its error was '%s'", p->workload.said.error.text);
    if (poll(fds, 2, poll_timeout(deadline)) == 0)
        fail_msg("the agent says nothing for %d s", DEADLINE_S);
    read_all(p, &p->data, hear_data);
    read_all(p, &p->control, hear_control);
}

void peer_until(struct peer_host *p, bool (*done)(const struct peer_host *))
{
    int64_t deadline = test_deadline();
    while (!done(p))
        relay(p, deadline);
}

void peer_until_exec(struct peer_host *p, const struct peer_process *x,
                     bool (*done)(const struct peer_process *))
{
    int64_t deadline = test_deadline();
    while (!done(x))
        relay(p, deadline);
}

void peer_settle(struct peer_host *p)
{
    int64_t deadline = test_deadline();
    int left = 1;
    while (p->data.out.length > 0 || left > 0) {
        write_all_frames(&p->data);
        assert_int_equal(ioctl(p->data.fd, TIOCOUTQ, &left), 0);
        assert_true(now_ns() < deadline);
    }
}

bool peer_exec_started(const struct peer_process *x)
{
    return x->said.started || x->said.failed;
}

bool peer_exec_over(const struct peer_process *x)
{
    return x->said.failed || (x->said.ended && x->said.output_eof && x->said.error_eof);
}

bool peer_said_hello(const struct peer_host *p)
{
    return p->workload.said.hello;
}

bool peer_said_prepared(const struct peer_host *p)
{
    return p->workload.said.prepared || p->workload.said.failed;
}

bool peer_said_started(const struct peer_host *p)
{
    return p->workload.said.started || p->workload.said.failed;
}

bool peer_said_end(const struct peer_host *p)
{
    return p->workload.said.failed ||
           (p->workload.said.ended && p->workload.said.output_eof && p->workload.said.error_eof);
}

bool peer_has_left(const struct peer_host *p)
{
    return p->workload.said.left;
}

void peer_run(struct peer_host *p, const char *process, const void *input, size_t length)
{
    peer_configure(p, process, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_credit(p, FRAME_STDERR, RELAY_WINDOW);
    queue_append(&p->workload.input, input, length);
    p->workload.input_eof = true;
    peer_until(p, peer_said_end);
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

size_t peer_count_descriptors(const struct peer_host *p)
{
    AUTO_FREE char *path = xasprintf("/proc/%d/fd", p->agent);
    return count_entries(path);
}

size_t peer_count_children(const struct peer_host *p)
{
    AUTO_FREE char *path = xasprintf("/proc/%d/task/%d/children", p->agent, p->agent);
    AUTO_FREE char *list = NULL;
    size_t count = 0;
    assert_int_equal(read_file_at(AT_FDCWD, path, 1 << 16, &list, NULL, NULL), 0);
    for (const char *c = list; *c; c++)
        count += *c == ' ';
    return count;
}

char *peer_shell(const char *script, const char *extra)
{
    struct queue quoted = {0};
    for (const char *c = script; *c; c++) {
        char piece[8];
        if (*c == '"' || *c == '\\')
            snprintf(piece, sizeof(piece), "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            snprintf(piece, sizeof(piece), "\\u%04x", *c);
        else
            snprintf(piece, sizeof(piece), "%c", *c);
        queue_append(&quoted, piece, strlen(piece));
    }
    char *json = xasprintf("{\"args\":[\"/bin/sh\",\"-c\",\"%.*s\"],"
                           "\"env\":[\"PATH=/usr/bin:/bin\"]%s}",
                           (int)quoted.length, (const char *)queue_bytes(&quoted), extra);
    queue_free(&quoted);
    return json;
}

struct peer_process *peer_exec_shell(struct peer_host *p, const char *script, const char *extra)
{
    AUTO_FREE char *process = peer_shell(script, extra);
    return peer_exec(p, process);
}
