#include "host/monitor/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_config.h"
#include "common/fds.h"
#include "common/io.h"
#include "common/util.h"
#include "host/base/unix_socket.h"
#include "host/spec/environment.h"

/* Those with a process, and some that come and go. */
#define CLIENTS_MAX (EXECS_MAX + 16)

enum client_stage {
    CLIENT_NEW,   /* no greeting yet */
    CLIENT_ASKS,  /* for an EXEC, perhaps */
    CLIENT_READY, /* the text has come; the workload has not started yet */
    CLIENT_WAITS, /* for its process to start */
    CLIENT_RUNS,
    CLIENT_TOLD, /* the last frame is said */
};

struct control_client {
    struct control_server *control;
    enum client_stage stage;
    struct channel channel; /* its fd is -1 once the client has left */
    struct watch watch;
    bool detach;
    int fds[CONTROL_STREAMS]; /* output, error, input; owned until the process has them; -1 */
    struct queue text;
    struct guest_process process;
    struct control_client *next;
};

/* ---- the end of a client ---- */

static bool has_process(const struct control_client *client)
{
    return client->process.streams.loop != NULL;
}

static void close_streams(struct control_client *client)
{
    for (int i = 0; i < CONTROL_STREAMS; i++)
        close_fd(&client->fds[i]);
}

static void client_free(struct control_client *client)
{
    struct control_server *c = client->control;
    loop_remove(c->guest->loop, &client->watch);
    link_forget(&c->guest->link, &client->process);
    channel_close(&client->channel);
    close_streams(client);
    queue_free(&client->text);
    free(client);
    c->count--;
}

/* Its process does not go on without it. */
static void client_left(struct control_client *client)
{
    loop_remove(client->control->guest->loop, &client->watch);
    channel_close(&client->channel);
    client->channel.fd = -1;
    if (!client->detach)
        link_signal(&client->control->guest->link, &client->process, SIGKILL);
}

/* ---- what it is told ---- */

static void tell_error(struct control_client *client, const struct error *err)
{
    uint8_t payload[ERROR_SIZE_MAX];
    channel_send(&client->channel, FRAME_ERROR, 0, payload, encode_error(payload, err));
    client->stage = CLIENT_TOLD;
}

static void tell_started(struct control_client *client)
{
    uint8_t payload[STARTED_SIZE];
    encode_started(payload, &client->process.started);
    channel_send(&client->channel, FRAME_STARTED, 0, payload, sizeof(payload));
    client->stage = CLIENT_RUNS;
    /* It has left before that. */
    if (client->channel.fd < 0)
        client_left(client);
}

static void tell_exit(struct control_client *client)
{
    uint8_t payload[EXIT_SIZE];
    streams_leave_input(&client->process.streams, client->process.record.input_taken);
    if (client->process.streams.failure.text[0]) {
        tell_error(client, &client->process.streams.failure);
        return;
    }
    encode_exit(payload, &client->process.record);
    channel_send(&client->channel, FRAME_EXIT, 0, payload, sizeof(payload));
    client->stage = CLIENT_TOLD;
}

/* ---- what it says ---- */

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "%s frame at the wrong time", frame_name(frame->type));
}

/* What the client leaves out is the workload's. */
static void complete(const struct vm_spec *spec, struct process_config *process)
{
    struct strings env = {0};
    strings_add_all(&env, &spec->env);
    environment_merge(&env, &process->env);
    strings_free(&process->env);
    process->env = env;
    if (!process->user)
        process->user = xstrdup_or_null(spec->user);
    if (!process->cwd)
        process->cwd = xstrdup(spec->cwd);
}

static int start(struct control_client *client, struct error *err)
{
    struct control_server *c = client->control;
    struct process_config process = {0};
    if (process_config_parse((const char *)queue_bytes(&client->text), client->text.length,
                             &process, err) < 0)
        return -1;
    complete(c->spec, &process);
    /* The end of its input would hang a terminal up. */
    int no_input = process.tty ? RELAY_PARKED : -1;
    AUTO_CLOSE int out = reopen_nonblocking(client->fds[0], O_WRONLY);
    AUTO_CLOSE int error = reopen_nonblocking(client->fds[1], O_WRONLY);
    const struct stream_fds fds = {
        .in = client->fds[2] < 0 ? no_input : client->fds[2],
        .in_is_its_own = process.tty,
        .out = out,
        .err = error,
    };
    AUTO_FREE char *text = process_config_text(&process);
    process_config_free(&process);
    if (link_exec(&c->guest->link, text, &client->process, &fds, err) < 0)
        return -1;
    /* The outputs are the process's now; the input is only borrowed, and stays. */
    take_fd(&out);
    take_fd(&error);
    close_fd(&client->fds[0]);
    close_fd(&client->fds[1]);
    client->process.streams.keeps_failure = true;
    client->stage = CLIENT_WAITS;
    return 0;
}

static int take_text(struct control_client *client, const struct frame *frame, struct error *err)
{
    if (client->stage != CLIENT_ASKS)
        return unexpected(frame, err);
    if (frame->length == 0) {
        client->stage = CLIENT_READY;
        return 0;
    }
    if (frame->length > CONFIG_SIZE_MAX - client->text.length)
        return error_set(err, "arguments and environment are larger than %u bytes",
                         CONFIG_SIZE_MAX);
    queue_append(&client->text, frame->payload, frame->length);
    return 0;
}

/* The workload's, before an EXEC; one that has not started yet gets it then. */
static int take_signal(struct control_client *client, const struct frame *frame, struct error *err)
{
    struct control_server *c = client->control;
    int signal;
    if (decode_signal(frame, &signal, err) < 0)
        return -1;
    if (client->stage != CLIENT_ASKS)
        link_signal(&c->guest->link, &client->process, signal);
    else if (c->guest->link.phase < LINK_RUNNING)
        c->pending_signal = signal;
    else
        link_signal(&c->guest->link, c->workload, signal);
    return 0;
}

static int take_frame(struct control_client *client, const struct frame *frame, struct error *err)
{
    struct window_size size;
    switch (frame->type) {
    case FRAME_EXEC:
        return take_text(client, frame, err);
    case FRAME_SIGNAL:
        return take_signal(client, frame, err);
    default:
        if (decode_winsize(frame, &size, err) < 0)
            return -1;
        if (has_process(client))
            link_resize(&client->control->guest->link, &client->process, &size);
        return 0;
    }
}

static int check_greeting(struct control_client *client, const struct control_greeting *greeting,
                          ssize_t length, struct error *err)
{
    if (length != sizeof(*greeting) ||
        memcmp(greeting->magic, CONTROL_MAGIC, sizeof(greeting->magic)) != 0)
        return error_set(err, "this is the control socket of a vmc container");
    if (greeting->version != PROTOCOL_VERSION)
        return error_set(err,
                         "the container's vmc speaks version %u, and this one version %u: use the "
                         "vmc that has started it",
                         PROTOCOL_VERSION, greeting->version);
    client->detach = greeting->detach;
    client->stage = CLIENT_ASKS;
    return 0;
}

static int greet(struct control_client *client, struct error *err)
{
    struct control_greeting greeting;
    size_t count = CONTROL_STREAMS;
    ssize_t n = fds_receive(client->channel.fd, &greeting, sizeof(greeting), client->fds, &count);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n == 0) {
        client_left(client);
        return 0;
    }
    return check_greeting(client, &greeting, n, err);
}

static int hear(struct control_client *client, struct error *err)
{
    struct frame frame;
    bool eof = false;
    int result = 0;
    if (client->stage == CLIENT_NEW)
        return greet(client, err);
    if (channel_fill(&client->channel, &eof, err) < 0)
        return -1;
    while (client->stage < CLIENT_TOLD &&
           (result = channel_next(&client->channel, &frame, err)) > 0)
        if (take_frame(client, &frame, err) < 0)
            return -1;
    if (result == 0 && eof)
        client_left(client);
    return result < 0 ? -1 : 0;
}

static short client_events(const void *owner)
{
    const struct control_client *client = owner;
    return channel_events(&client->channel);
}

/* What goes wrong with a client is the client's, and told to it. */
static int client_ready(void *owner, short revents, struct error *err)
{
    struct control_client *client = owner;
    struct error why = ERROR_INIT;
    (void)err;
    if (!(revents & (POLLIN | POLLHUP | POLLERR)))
        return 0;
    if (hear(client, &why) < 0 && client->channel.fd >= 0) {
        tell_error(client, &why);
        link_signal(&client->control->guest->link, &client->process, SIGKILL);
    }
    return 0;
}

/* ---- clients that come ---- */

static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

/* Those that have asked for nothing give way to others; stop goes by the container's lock, too. */
static void drop_silent(struct control_server *c)
{
    for (struct control_client **at = &c->clients; *at;) {
        struct control_client *client = *at;
        if (client->stage > CLIENT_ASKS || client->text.length > 0) {
            at = &client->next;
            continue;
        }
        *at = client->next;
        client_free(client);
    }
}

static void turn_away(int fd)
{
    struct error err = ERROR_INIT;
    uint8_t bytes[FRAME_HEADER_SIZE + ERROR_SIZE_MAX];
    error_set(&err, "the container has %d clients already, the maximum", CLIENTS_MAX);
    size_t length = encode_error(bytes + FRAME_HEADER_SIZE, &err);
    encode_header(bytes, FRAME_ERROR, 0, (uint32_t)length);
    (void)!write(fd, bytes, FRAME_HEADER_SIZE + length);
}

static int on_connect(void *owner, short revents, struct error *err)
{
    struct control_server *c = owner;
    (void)revents, (void)err;
    AUTO_CLOSE int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 || !is_ours(fd))
        return 0;
    if (c->count >= CLIENTS_MAX)
        drop_silent(c);
    if (c->count >= CLIENTS_MAX) {
        turn_away(fd);
        return 0;
    }
    struct control_client *client = xcalloc(1, sizeof(*client));
    client->control = c;
    client->process = (struct guest_process)GUEST_PROCESS_NONE;
    for (int i = 0; i < CONTROL_STREAMS; i++)
        client->fds[i] = -1;
    channel_open(&client->channel, take_fd(&fd), PEER_CLIENT, NULL);
    client->watch = (struct watch){&client->channel.fd, client_events, client_ready, client};
    loop_add(c->guest->loop, &client->watch);
    client->next = c->clients;
    c->clients = client;
    c->count++;
    return 0;
}

/* ---- after each turn ---- */

static void follow_process(struct control_client *client)
{
    const struct guest_process *p = &client->process;
    struct error err = ERROR_INIT;
    if (client->stage == CLIENT_READY && client->control->guest->link.phase >= LINK_RUNNING &&
        start(client, &err) < 0)
        tell_error(client, &err);
    if (client->stage == CLIENT_WAITS && p->state == PROCESS_FAILED)
        tell_error(client, &p->error);
    if (client->stage == CLIENT_WAITS && p->state >= PROCESS_RUNNING)
        tell_started(client);
    if (client->stage == CLIENT_RUNS && process_is_done(p))
        tell_exit(client);
}

/* Nothing is to be said to it any more, and its process is over. */
static bool is_done(const struct control_client *client)
{
    bool silent =
        client->channel.fd < 0 || (client->stage == CLIENT_TOLD && client->channel.out.length == 0);
    return silent && (!has_process(client) || process_is_done(&client->process));
}

static void turned(void *owner)
{
    struct control_server *c = owner;
    if (c->pending_signal && c->guest->link.phase >= LINK_RUNNING) {
        link_signal(&c->guest->link, c->workload, c->pending_signal);
        c->pending_signal = 0;
    }
    for (struct control_client **at = &c->clients; *at;) {
        struct control_client *client = *at;
        follow_process(client);
        if (client->channel.fd >= 0 && channel_flush(&client->channel, NULL) < 0)
            client_left(client);
        if (!is_done(client)) {
            at = &client->next;
            continue;
        }
        *at = client->next;
        client_free(client);
    }
}

int control_open(struct control_server *c, struct guest *guest,
                 const struct guest_process *workload, const struct vm_spec *spec, int dir,
                 struct error *err)
{
    *c = (struct control_server){
        .guest = guest, .workload = workload, .spec = spec, .listen_fd = -1};
    if (unix_socket_listen_at(dir, CONTROL_NAME, SOCK_STREAM, &c->listen_fd, err) < 0)
        return error_wrap(err, "the container's control socket");
    if (set_nonblocking(c->listen_fd, true) < 0)
        return error_errno(err, "the container's control socket");
    c->on_connect = (struct watch){&c->listen_fd, NULL, on_connect, c};
    loop_add(guest->loop, &c->on_connect);
    guest->follower = (struct guest_follower){turned, c};
    return 0;
}

/* Whether some client waits for its process. */
static bool is_busy(const struct control_server *c)
{
    const struct control_client *client = c->clients;
    while (client && client->stage != CLIENT_WAITS && client->stage != CLIENT_RUNS)
        client = client->next;
    return client != NULL;
}

void control_finish(struct control_server *c)
{
    struct error ignored;
    int64_t deadline = now_ns() + GUEST_OUTPUT_GRACE_NS;
    while (is_busy(c) && now_ns() < deadline)
        if (guest_turn(c->guest, deadline, &ignored) < 0)
            return;
}

void control_close(struct control_server *c)
{
    struct error ended = ERROR_INIT;
    if (!c->guest)
        return;
    error_set(&ended, "the container has ended");
    c->guest->follower = (struct guest_follower){0};
    loop_remove(c->guest->loop, &c->on_connect);
    close_fd(&c->listen_fd);
    while (c->clients) {
        struct control_client *client = c->clients;
        c->clients = client->next;
        if (client->stage < CLIENT_TOLD && client->process.state == PROCESS_EXITED)
            tell_exit(client);
        else if (client->stage < CLIENT_TOLD)
            tell_error(client, &ended);
        if (client->channel.fd >= 0)
            channel_flush(&client->channel, NULL);
        client_free(client);
    }
    c->guest = NULL;
}
