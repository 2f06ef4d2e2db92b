#include "host/monitor/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/fds.h"
#include "common/io.h"
#include "common/loop.h"
#include "common/relay.h"
#include "common/util.h"
#include "host/base/signals.h"
#include "host/base/unix_socket.h"
#include "host/monitor/control.h"
#include "host/run/terminal.h"

/* A command that does not end by ^C, or a container that stands still. */
#define INTERRUPTS_TO_LEAVE 3

struct exec_client {
    struct loop loop;
    struct channel channel;
    struct watch on_frame, on_signal, on_key, on_room;
    int signal_fd;
    struct user_terminal terminal;
    bool tty;
    int keys; /* what is typed goes into this pipe while we are in the foreground; or -1 */
    struct queue waiting; /* for room in that pipe */
    int typed;            /* borrowed: where it comes from; -1 when it has ended */
    bool detach;          /* STARTED is enough */
    bool started;
    int interrupts;
    bool left; /* the monitor has */
    bool done;
    int status;
};

/* ---- the connection ---- */

static int connect_to(int dir, struct error *err)
{
    int fd;
    if (unix_socket_connect_at(dir, CONTROL_NAME, SOCK_STREAM, &fd, err) < 0)
        return error_set(err, "the container has ended, or its vmc has");
    return fd;
}

static int greet(int fd, bool detach, const int *fds, size_t count, struct error *err)
{
    const struct control_greeting greeting = {
        .magic = CONTROL_MAGIC, .version = PROTOCOL_VERSION, .detach = detach};
    if (fds_send(fd, &greeting, sizeof(greeting), fds, count) < 0)
        return error_errno(err, "cannot speak to the container's vmc");
    return 0;
}

/* ---- what comes ---- */

static int hear(struct exec_client *client, const struct frame *frame, struct error *err)
{
    struct exit_record record;
    struct started started;
    switch (frame->type) {
    case FRAME_STARTED:
        client->started = true;
        client->done = client->detach;
        return decode_started(frame, &started, err);
    case FRAME_EXIT:
        if (decode_exit(frame, &record, err) < 0)
            return -1;
        client->status = exit_record_status(&record);
        client->done = true;
        return 0;
    default:
        return decode_error(frame, err);
    }
}

static short channel_wants(const void *owner)
{
    return channel_events(&((const struct exec_client *)owner)->channel);
}

static int on_frame(void *owner, short revents, struct error *err)
{
    struct exec_client *client = owner;
    struct frame frame;
    int result;
    if (!(revents & (POLLIN | POLLHUP | POLLERR)))
        return 0;
    if (channel_fill(&client->channel, &client->left, err) < 0)
        return -1;
    while ((result = channel_next(&client->channel, &frame, err)) > 0)
        if (hear(client, &frame, err) < 0)
            return -1;
    if (result == 0 && client->left && !client->done)
        return error_set(err, "the container's vmc has ended");
    return result;
}

/* ---- the user's side ---- */

static void send_size(struct exec_client *client)
{
    uint8_t payload[WINSIZE_SIZE];
    struct window_size size = terminal_size();
    encode_winsize(payload, &size);
    channel_send(&client->channel, FRAME_WINSIZE, 0, payload, sizeof(payload));
}

static int on_signal(void *owner, short revents, struct error *err)
{
    struct exec_client *client = owner;
    struct signalfd_siginfo info;
    uint8_t payload[SIGNAL_SIZE];
    (void)revents;
    if (read(client->signal_fd, &info, sizeof(info)) != sizeof(info))
        return 0;
    int signal = (int)info.ssi_signo;
    if (signal_is_terminals(signal)) {
        terminal_look(&client->terminal);
        if (client->tty)
            send_size(client);
        return 0;
    }
    client->interrupts += signal == SIGINT;
    if (!client->started || client->interrupts >= INTERRUPTS_TO_LEAVE) {
        error_set(err, "ended by signal %d (%s)", signal, strsignal(signal));
        err->status = STATUS_SIGNAL_BASE + signal;
        return -1;
    }
    encode_signal(payload, signal);
    channel_send(&client->channel, FRAME_SIGNAL, 0, payload, sizeof(payload));
    return 0;
}

/* The process gets the end of its input behind what was typed. */
static int on_room(void *owner, short revents, struct error *err)
{
    struct exec_client *client = owner;
    (void)err;
    ssize_t n = 0;
    if (client->waiting.length > 0)
        n = write(client->keys, queue_bytes(&client->waiting), client->waiting.length);
    if (n > 0)
        queue_consume(&client->waiting, (size_t)n);
    bool broken = revents & POLLERR || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (broken || (client->typed < 0 && client->waiting.length == 0)) {
        close_fd(&client->keys);
        queue_free(&client->waiting);
        client->typed = -1;
    }
    return 0;
}

static short room_events(const void *owner)
{
    const struct exec_client *client = owner;
    return client->waiting.length > 0 || client->typed < 0 ? POLLOUT : 0;
}

static short key_events(const void *owner)
{
    const struct exec_client *client = owner;
    return client->terminal.foreground && client->waiting.length == 0 ? POLLIN : WATCH_NOTHING;
}

/* Only a job in the foreground may read its terminal: so the monitor does not. */
static int on_key(void *owner, short revents, struct error *err)
{
    struct exec_client *client = owner;
    char bytes[4096];
    (void)revents, (void)err;
    terminal_look(&client->terminal);
    if (!client->terminal.foreground)
        return 0;
    ssize_t n = read(client->typed, bytes, sizeof(bytes));
    if (n > 0)
        queue_append(&client->waiting, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        client->typed = -1;
    return 0;
}

/* What the process gets for its input: none, ours, or a pipe for what is typed. */
static int open_input(struct exec_client *client, bool interactive, int *ret_fd, struct error *err)
{
    int ends[2];
    *ret_fd = -1;
    if (!interactive)
        return 0;
    if (!isatty(STDIN_FILENO)) {
        *ret_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        return 0;
    }
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    *ret_fd = ends[0];
    client->keys = ends[1];
    client->typed = STDIN_FILENO;
    client->on_key = (struct watch){&client->typed, key_events, on_key, client};
    client->on_room = (struct watch){&client->keys, room_events, on_room, client};
    loop_add(&client->loop, &client->on_key);
    loop_add(&client->loop, &client->on_room);
    return set_nonblocking(client->keys, true) < 0 ? error_errno(err, "cannot prepare a pipe") : 0;
}

/* ---- one process ---- */

static int ask(struct exec_client *client, int dir, const struct exec_request *request,
               struct error *err)
{
    AUTO_CLOSE int input = -1;
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    AUTO_CLOSE int fd = connect_to(dir, err);
    AUTO_FREE char *text = process_config_text(request->process);
    if (fd < 0 || open_input(client, request->interactive, &input, err) < 0)
        return -1;
    const int fds[CONTROL_STREAMS] = {request->detach ? null : STDOUT_FILENO,
                                      request->detach ? null : STDERR_FILENO, input};
    if (greet(fd, request->detach, fds, input < 0 ? 2 : 3, err) < 0 ||
        channel_open(&client->channel, take_fd(&fd), PEER_MONITOR, err) < 0)
        return -1;
    client->on_frame = (struct watch){&client->channel.fd, channel_wants, on_frame, client};
    loop_add(&client->loop, &client->on_frame);
    return channel_send_text(&client->channel, FRAME_EXEC, 0, text, err);
}

static int follow(struct exec_client *client, struct error *err)
{
    while (!client->done) {
        int64_t look = client->terminal.foreground ? DEADLINE_NONE : now_ns() + TERMINAL_LOOK_NS;
        if (channel_flush(&client->channel, NULL) < 0)
            queue_free(&client->channel.out);
        if (loop_turn(&client->loop, look, err) < 0)
            return -1;
        if (!client->terminal.foreground)
            terminal_look(&client->terminal);
    }
    return 0;
}

int client_exec(int dir, const struct exec_request *request, int *ret_status, struct error *err)
{
    struct exec_client *client = xcalloc(1, sizeof(*client));
    client->channel.fd = client->signal_fd = client->keys = client->typed = -1;
    client->terminal.foreground = true;
    client->tty = request->process->tty;
    client->detach = request->detach;
    int result = signals_open(&client->signal_fd, err);
    if (result == 0) {
        client->on_signal = (struct watch){&client->signal_fd, NULL, on_signal, client};
        loop_add(&client->loop, &client->on_signal);
        result = ask(client, dir, request, err);
    }
    if (result == 0 && !request->detach)
        result = terminal_open(&client->terminal, client->tty && request->interactive, err);
    if (result == 0)
        result = follow(client, err);
    terminal_restore(&client->terminal);
    *ret_status = client->status;
    queue_free(&client->waiting);
    close_fd(&client->keys);
    close_fd(&client->signal_fd);
    channel_close(&client->channel);
    loop_free(&client->loop);
    free(client);
    return result;
}

/* ---- signals for the workload ---- */

static int send_signal(int dir, int signal, struct channel *ret, struct error *err)
{
    uint8_t bytes[FRAME_HEADER_SIZE + SIGNAL_SIZE];
    AUTO_CLOSE int fd = connect_to(dir, err);
    if (fd < 0 || greet(fd, false, NULL, 0, err) < 0)
        return -1;
    encode_header(bytes, FRAME_SIGNAL, 0, SIGNAL_SIZE);
    encode_signal(bytes + FRAME_HEADER_SIZE, signal);
    if (write_all(fd, bytes, sizeof(bytes)) < 0 || shutdown(fd, SHUT_WR) < 0)
        return error_errno(err, "cannot speak to the container's vmc");
    return channel_open(ret, take_fd(&fd), PEER_MONITOR, err);
}

/* Having read to our end, the container's vmc has taken the signal, and closes its own. */
static int await_end(struct channel *channel, int64_t deadline, struct error *err)
{
    struct frame frame;
    bool eof = false;
    int result = 0;
    while (!eof) {
        if (!wait_readable(channel->fd, deadline))
            return error_set(err, "the container's vmc does not answer");
        if (channel_fill(channel, &eof, err) < 0 ||
            (result = channel_next(channel, &frame, err)) < 0)
            return -1;
        if (result > 0)
            return decode_error(&frame, err);
    }
    return 0;
}

int client_signal(int dir, int signal, int64_t deadline, struct error *err)
{
    struct channel channel;
    if (send_signal(dir, signal, &channel, err) < 0)
        return -1;
    int result = await_end(&channel, deadline, err);
    channel_close(&channel);
    return result;
}
