#include "tests/agent/peer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "tests/unit/check.h"

#define DEADLINE_S 30

static _Noreturn void exec_agent(int control, int data)
{
    char fds[32];
    const char *agent = getenv("VMC_AGENT");
    snprintf(fds, sizeof(fds), "%d,%d", control, data);
    set_cloexec(control, false);
    set_cloexec(data, false);
    signal(SIGPIPE, SIG_DFL);
    /* A test whose host side dies must not leave an agent behind. */
    execl(agent ? agent : "vmc-agent", "vmc-agent", "--fds", fds, (char *)NULL);
    _exit(99);
}

int peer_setup(void **state)
{
    struct peer_host *p = xcalloc(1, sizeof(*p));
    struct error err = ERROR_INIT;
    int control[2], data[2];
    signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0)
        return -1;
    p->agent = fork();
    if (p->agent == 0)
        exec_agent(control[1], data[1]);
    close(control[1]);
    close(data[1]);
    p->grant = true;
    *state = p;
    if (channel_open(&p->control, control[0], PEER_GUEST_CONTROL, &err) < 0)
        return -1;
    return channel_open(&p->data, data[0], PEER_GUEST_DATA, &err);
}

int peer_teardown(void **state)
{
    struct peer_host *p = *state;
    channel_close(&p->control);
    channel_close(&p->data);
    int status = p->agent > 0 ? peer_wait(p) : 0;
    queue_free(&p->said.output);
    queue_free(&p->said.error_output);
    queue_free(&p->input);
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

void peer_send(struct peer_host *p, enum frame_type type, const void *payload, size_t length)
{
    channel_send(&p->control, type, 0, payload, length);
}

void peer_send_data(struct peer_host *p, enum frame_type type, const void *payload, size_t length)
{
    channel_send(&p->data, type, 0, payload, length);
}

void peer_credit(struct peer_host *p, enum frame_type type, uint32_t count)
{
    uint8_t payload[CREDIT_SIZE];
    encode_credit(payload, type, count);
    peer_send_data(p, FRAME_CREDIT, payload, sizeof(payload));
}

static void send_text(struct peer_host *p, enum frame_type type, const char *text, size_t piece)
{
    size_t length = strlen(text);
    for (size_t sent = 0; sent < length; sent += piece)
        peer_send(p, type, text + sent, length - sent < piece ? length - sent : piece);
    peer_send(p, type, NULL, 0);
}

void peer_prepare(struct peer_host *p, const char *json)
{
    p->told_shape = true;
    send_text(p, FRAME_PREPARE, json, FRAME_PAYLOAD_MAX);
}

void peer_configure(struct peer_host *p, const char *process, size_t piece)
{
    AUTO_FREE char *json = xasprintf("{\"process\":%s}", process);
    if (!p->told_shape)
        peer_prepare(p, "{}");
    send_text(p, FRAME_CONFIG, json, piece);
}

static void hear_control(struct peer_host *p, const struct frame *frame)
{
    struct hello hello;
    struct said *said = &p->said;
    assert_false(said->ended || said->failed);
    switch (frame->type) {
    case FRAME_HELLO:
        assert_false(said->hello);
        assert_int_equal(decode_hello(frame, &hello, NULL), 0);
        assert_true(hello.kernel_ns > 0 && hello.agent_ns >= hello.kernel_ns);
        said->hello = true;
        break;
    case FRAME_PREPARED:
        assert_true(said->hello && !said->prepared);
        said->prepared = true;
        break;
    case FRAME_STARTED:
        assert_true(said->prepared && !said->started);
        assert_int_equal(decode_started(frame, &said->start, NULL), 0);
        said->started = true;
        break;
    case FRAME_EXIT:
        assert_true(said->started);
        assert_int_equal(decode_exit(frame, &said->record, NULL), 0);
        said->ended = true;
        break;
    default:
        assert_int_equal(frame->type, FRAME_ERROR);
        decode_error(frame, &said->error);
        said->failed = true;
    }
}

static void hear_output(struct peer_host *p, const struct frame *frame)
{
    bool first = frame->type == FRAME_STDOUT;
    bool *eof = first ? &p->said.output_eof : &p->said.error_eof;
    assert_false(*eof);
    if (frame->length == 0)
        *eof = true;
    else if (p->grant)
        peer_credit(p, (enum frame_type)frame->type, frame->length);
    queue_append(first ? &p->said.output : &p->said.error_output, frame->payload, frame->length);
}

static void hear_data(struct peer_host *p, const struct frame *frame)
{
    uint16_t type;
    uint32_t count;
    if (frame->type == FRAME_STDOUT || frame->type == FRAME_STDERR) {
        hear_output(p, frame);
    } else if (frame->type == FRAME_CREDIT) {
        assert_int_equal(decode_credit(frame, &type, &count, NULL), 0);
        assert_int_equal(type, FRAME_STDIN);
        p->said.input_credit += count;
        p->said.input_granted += count;
        assert_true(p->said.input_credit <= RELAY_WINDOW || !p->grant);
    } else {
        assert_int_equal(frame->type, FRAME_CLOSE);
        assert_int_equal(decode_close(frame, &type, NULL), 0);
        assert_int_equal(type, FRAME_STDIN);
        assert_false(p->said.input_closed);
        p->said.input_closed = true;
    }
}

static void feed_input(struct peer_host *p)
{
    while (p->input.length > 0 && p->said.input_credit > 0 && !p->said.input_closed) {
        size_t n = p->input.length;
        n = n < p->said.input_credit ? n : p->said.input_credit;
        n = n < FRAME_PAYLOAD_MAX ? n : FRAME_PAYLOAD_MAX;
        peer_send_data(p, FRAME_STDIN, queue_bytes(&p->input), n);
        queue_consume(&p->input, n);
        p->said.input_credit -= n;
    }
    if (p->input_eof && !p->input_eof_sent && (p->input.length == 0 || p->said.input_closed)) {
        peer_send_data(p, FRAME_STDIN, NULL, 0);
        p->input_eof_sent = true;
    }
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
        p->said.left = true;
    if (eof)
        channel_close(ch);
}

static void write_all_frames(struct channel *ch)
{
    /* An agent that has ended the session reads no more; what it said last is what counts. */
    if (ch->fd >= 0 && channel_flush(ch, NULL) < 0)
        ch->out.length = 0;
}

void peer_until(struct peer_host *p, bool (*done)(const struct peer_host *))
{
    int64_t deadline = test_deadline();
    while (!done(p)) {
        feed_input(p);
        write_all_frames(&p->control);
        write_all_frames(&p->data);
        struct pollfd fds[] = {
            {p->control.fd, channel_events(&p->control), 0},
            {p->data.fd, channel_events(&p->data), 0},
        };
        /* What an agent that has left had still sent lies in the data port's socket. */
        if (p->said.left && p->data.fd < 0)
            fail_msg("the agent has left; its error was '%s'", p->said.error.text);
        if (poll(fds, 2, poll_timeout(deadline)) == 0)
            fail_msg("the agent says nothing for %d s", DEADLINE_S);
        read_all(p, &p->data, hear_data);
        read_all(p, &p->control, hear_control);
    }
}

bool peer_said_hello(const struct peer_host *p)
{
    return p->said.hello;
}

bool peer_said_prepared(const struct peer_host *p)
{
    return p->said.prepared || p->said.failed;
}

bool peer_said_started(const struct peer_host *p)
{
    return p->said.started || p->said.failed;
}

bool peer_said_end(const struct peer_host *p)
{
    return p->said.failed || (p->said.ended && p->said.output_eof && p->said.error_eof);
}

bool peer_has_left(const struct peer_host *p)
{
    return p->said.left;
}

void peer_run(struct peer_host *p, const char *process, const void *input, size_t length)
{
    peer_configure(p, process, FRAME_PAYLOAD_MAX);
    peer_credit(p, FRAME_STDOUT, RELAY_WINDOW);
    peer_credit(p, FRAME_STDERR, RELAY_WINDOW);
    queue_append(&p->input, input, length);
    p->input_eof = true;
    peer_until(p, peer_said_end);
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
