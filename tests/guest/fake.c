#include "tests/guest/fake.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/signals.h"
#include "host/machine/debugging.h"
#include "tests/unit/check.h"

#define PATIENCE_NS (20 * NS_PER_S)

static const struct machine_ops fake_ops = {
    .machine = "the virtual machine",
    .process = "the fake guest",
};

/* ---- the host's side ---- */

/* Of a machine whose process has ended by itself, so that no look at it has to wait. */
static int ended_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    int fd = pidfd_open(pid, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    poll(&ended, 1, -1);
    return fd;
}

struct host {
    struct loop loop;
    struct guest guest;
    struct foreground foreground;
    struct guest_process workload;
    struct guest_process execs[EXECS];
};

static int start_execs(const struct fake_guest *g, struct host *h, struct error *err)
{
    for (int i = 0; i < g->execs; i++) {
        const struct stream_fds fds = {.in = -1, .out = g->exec_output[i], .err = -1};
        if (link_exec(&h->guest.link, "{}", &h->execs[i], &fds, err) < 0)
            return -1;
    }
    return 0;
}

static int wait_for_execs(const struct fake_guest *g, struct host *h, struct host_end *end,
                          struct error *err)
{
    for (int i = 0; i < g->execs; i++) {
        struct guest_process *p = &h->execs[i];
        while (!process_is_done(p))
            if (guest_turn(&h->guest, DEADLINE_NONE, err) < 0)
                return -1;
        end->execs[i].state = p->state;
        end->execs[i].status = exit_record_status(&p->record);
        snprintf(end->execs[i].text, sizeof(end->execs[i].text), "%.255s", p->error.text);
        link_forget(&h->guest.link, p);
    }
    return 0;
}

static int talk(const struct fake_guest *g, struct machine *machine, struct host_end *end,
                struct error *err)
{
    static struct host h = {.workload = GUEST_PROCESS_NONE,
                            .execs = {GUEST_PROCESS_NONE, GUEST_PROCESS_NONE, GUEST_PROCESS_NONE}};
    static struct console_log log = {.file_fd = -1};
    static struct debugging debugging = DEBUGGING_INIT;
    const struct guest_setup setup = {.loop = &h.loop,
                                      .spec = &g->spec,
                                      .machine = machine,
                                      .log = &log,
                                      .debugging = &debugging};
    struct stream_fds fds;
    int signal_fd;
    if (signals_open(&signal_fd, err) < 0)
        return -1;
    foreground_open(&h.foreground, &h.loop, signal_fd, false);
    if (guest_open(&h.guest, &setup, err) < 0)
        return -1;
    foreground_attend(&h.foreground, &h.guest, &h.workload);
    if (guest_wait_hello(&h.guest, now_ns() + g->spec.boot_timeout, DEADLINE_NONE, err) < 0)
        return -1;
    end->step = STEP_PREPARE;
    if (guest_prepare(&h.guest, "{}", err) < 0)
        return -1;
    end->step = STEP_START;
    if (foreground_streams(&h.foreground, &fds, err) < 0 ||
        guest_start(&h.guest, "{}", &h.workload, &fds, err) < 0)
        return -1;
    end->step = STEP_RUN;
    if (start_execs(g, &h, err) < 0 || wait_for_execs(g, &h, end, err) < 0 ||
        foreground_wait(&h.foreground, g->spec.timeout, &end->status, err) < 0)
        return -1;
    guest_close(&h.guest);
    foreground_close(&h.foreground);
    loop_free(&h.loop);
    return 0;
}

static _Noreturn void be_host(const struct fake_guest *g, int control, int data, int console,
                              int result)
{
    struct host_end end = {0};
    struct error err = ERROR_INIT;
    struct machine machine = MACHINE_INIT;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    machine.ops = &fake_ops;
    machine.process.pidfd = ended_process();
    machine.control_fd = control;
    machine.data_fd = data;
    machine.console_fd = console;
    if (dup2(null, STDIN_FILENO) < 0 || dup2(g->output, STDOUT_FILENO) < 0)
        _exit(99);
    end.failed = talk(g, &machine, &end, &err) < 0;
    snprintf(end.text, sizeof(end.text), "%s", err.text);
    if (write(result, &end, sizeof(end)) != sizeof(end))
        _exit(99);
    _exit(0);
}

/* ---- the guest's side ---- */

int fake_setup(void **state)
{
    struct fake_guest *g = xcalloc(1, sizeof(*g));
    signal(SIGPIPE, SIG_IGN);
    g->control.fd = g->data.fd = g->console = g->result = -1;
    g->output = memfd_create("output", MFD_CLOEXEC);
    for (int i = 0; i < EXECS; i++)
        g->exec_output[i] = memfd_create("output of an exec", MFD_CLOEXEC);
    g->spec.boot_timeout = PATIENCE_NS;
    *state = g;
    return 0;
}

void start_host(struct fake_guest *g)
{
    int control[2], data[2], console[2], result[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console), 0);
    assert_int_equal(pipe2(result, O_CLOEXEC), 0);
    g->host = fork();
    if (g->host == 0) {
        close(control[0]);
        close(data[0]);
        close(console[0]);
        be_host(g, control[1], data[1], console[1], result[1]);
    }
    close(control[1]);
    close(data[1]);
    close(console[1]);
    close(result[1]);
    g->console = console[0];
    g->result = result[0];
    assert_int_equal(channel_open(&g->control, control[0], PEER_HOST_CONTROL, NULL), 0);
    assert_int_equal(channel_open(&g->data, data[0], PEER_HOST_DATA, NULL), 0);
}

int fake_teardown(void **state)
{
    struct fake_guest *g = *state;
    int status = 0;
    channel_close(&g->control);
    channel_close(&g->data);
    close_fd(&g->console);
    close_fd(&g->result);
    close_fd(&g->output);
    for (int i = 0; i < EXECS; i++)
        close_fd(&g->exec_output[i]);
    if (g->host > 0) {
        kill(g->host, SIGKILL);
        waitpid(g->host, &status, 0);
    }
    free(g);
    return 0;
}

/* Until the port has taken it all, or nobody is there. */
static void flush(struct channel *port)
{
    int64_t deadline = now_ns() + PATIENCE_NS;
    while (port->fd >= 0 && channel_flush(port, NULL) == 0 && port->out.length > 0) {
        struct pollfd room = {.fd = port->fd, .events = POLLOUT};
        if (poll(&room, 1, poll_timeout(deadline)) <= 0)
            fail_msg("the host takes nothing");
    }
}

void say_about(struct fake_guest *g, enum frame_type type, uint16_t stream, const void *payload,
               size_t length)
{
    channel_send(&g->control, type, stream, payload, length);
    flush(&g->control);
}

void say(struct fake_guest *g, enum frame_type type, const void *payload, size_t length)
{
    say_about(g, type, 0, payload, length);
}

void say_data(struct fake_guest *g, enum frame_type type, uint16_t stream, const void *payload,
              size_t length)
{
    channel_send(&g->data, type, stream, payload, length);
    flush(&g->data);
}

void say_raw(struct channel *port, const void *bytes, size_t length)
{
    queue_append(&port->out, bytes, length);
    flush(port);
}

void say_hello(struct fake_guest *g)
{
    uint8_t payload[HELLO_SIZE];
    encode_hello(payload, &(struct hello){PROTOCOL_VERSION, 1, 2});
    say(g, FRAME_HELLO, payload, sizeof(payload));
}

void say_started(struct fake_guest *g, uint16_t stream)
{
    uint8_t payload[STARTED_SIZE];
    encode_started(payload, &(struct started){.pid = 7});
    say_about(g, FRAME_STARTED, stream, payload, sizeof(payload));
}

void say_exit(struct fake_guest *g, uint16_t stream, bool signaled, uint8_t value)
{
    uint8_t payload[EXIT_SIZE];
    encode_exit(payload, &(struct exit_record){.signaled = signaled, .value = value});
    say_about(g, FRAME_EXIT, stream, payload, sizeof(payload));
}

void say_error(struct fake_guest *g, uint16_t stream, int status, const char *text)
{
    struct error error = ERROR_INIT;
    uint8_t payload[ERROR_SIZE_MAX];
    error_set(&error, "%s", text);
    error.status = status;
    say_about(g, FRAME_ERROR, stream, payload, encode_error(payload, &error));
}

void say_credit(struct fake_guest *g, enum frame_type type, uint32_t count)
{
    uint8_t payload[CREDIT_SIZE];
    encode_credit(payload, type, count);
    say_data(g, FRAME_CREDIT, 0, payload, sizeof(payload));
}

void say_ends(struct fake_guest *g, uint16_t stream)
{
    say_data(g, FRAME_STDOUT, stream, NULL, 0);
    say_data(g, FRAME_STDERR, stream, NULL, 0);
}

uint16_t hear(struct fake_guest *g, struct channel *port, enum frame_type type)
{
    int64_t deadline = now_ns() + PATIENCE_NS;
    struct frame frame;
    bool eof = false;
    (void)g;
    for (;;) {
        while (channel_next(port, &frame, NULL) > 0)
            if (frame.type == type)
                return frame.stream;
        struct pollfd ready = {.fd = port->fd, .events = POLLIN};
        if (eof || poll(&ready, 1, poll_timeout(deadline)) <= 0)
            fail_msg("no %s frame from the host", frame_name((uint16_t)type));
        assert_true(channel_fill(port, &eof, NULL) >= 0);
    }
}

void run_workload(struct fake_guest *g)
{
    start_host(g);
    say_hello(g);
    hear(g, &g->control, FRAME_PREPARE);
    say(g, FRAME_PREPARED, NULL, 0);
    hear(g, &g->control, FRAME_CONFIG);
    say_started(g, 0);
    hear(g, &g->data, FRAME_CREDIT);
    hear(g, &g->data, FRAME_CREDIT);
}

struct host_end host_end(struct fake_guest *g)
{
    struct host_end end;
    int64_t deadline = now_ns() + PATIENCE_NS;
    struct pollfd ready = {.fd = g->result, .events = POLLIN};
    if (poll(&ready, 1, poll_timeout(deadline)) <= 0)
        fail_msg("the host does not end");
    /* A host that has crashed has no result. */
    assert_int_equal(read(g->result, &end, sizeof(end)), sizeof(end));
    return end;
}
