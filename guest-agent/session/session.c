#include "guest-agent/session/session.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/container_config.h"
#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "guest-agent/boot/machine.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/container/rootfs.h"
#include "guest-agent/session/frames_process.h"
#include "guest-agent/session/handshake.h"
#include "guest-agent/session/hosted.h"
#include "guest-agent/session/session_private.h"

/* How long the last frames may take, and the host to end the machine after them. */
#define FLUSH_DEADLINE_S 10
#define FAREWELL_DEADLINE_S 30

static int open_channels(struct session *s, const struct session_setup *setup, struct error *err)
{
    int ready = setup->own_machine ? machine_begin(err) : 0;
    if (handshake_hello(setup->control, setup->began_ns, err) < 0 ||
        channel_open(&s->control, setup->control, PEER_HOST_CONTROL, err) < 0 ||
        channel_open(&s->data, setup->data, PEER_HOST_DATA, err) < 0)
        return -1;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? error_errno(err, "cannot watch for ended processes") : ready;
}

/*
 * Sends the first frame of the data port while its descriptor blocks: the write waits for the
 * host to open its side, as HELLO did on the other port.
 */
static int greet_on_data(struct session *s, struct error *err)
{
    if (set_nonblocking(s->data.fd, false) < 0)
        return error_errno(err, "cannot prepare the data channel");
    if (channel_flush(&s->data, err) < 0)
        return -1;
    return set_nonblocking(s->data.fd, true) < 0
               ? error_errno(err, "cannot prepare the data channel")
               : 0;
}

void session_say_started(struct session *s, uint16_t stream, const struct started *started)
{
    uint8_t payload[STARTED_SIZE];
    encode_started(payload, started);
    channel_send(&s->control, FRAME_STARTED, stream, payload, sizeof(payload));
}

static int start(struct session *s, const struct agent_config *config, const struct queue *text,
                 struct started *started, struct error *err)
{
    struct served *workload = &s->workload;
    if (process_start(&workload->process, config, queue_bytes(text), text->length, err) < 0)
        return -1;
    started->pid = (uint32_t)workload->process.pid;
    started->start_ns = boottime_ns();
    workload->started = true;
    session_say_started(s, 0, started);
    streams_open(&workload->streams, &s->loop, &s->data, 0, &workload->process);
    return greet_on_data(s, err);
}

/* Whether the shape is for an agent in this place. */
static int check_place(const struct session *s, const struct container_shape *shape,
                       struct error *err)
{
    if (s->own_machine && shape->hosted)
        return error_set(
            err, "an agent in its own machine cannot serve a container on the host's kernel");
    if (s->own_machine && !is_container(shape))
        return error_set(err, "an agent in its own machine needs a root file system");
    if (!s->own_machine && is_container(shape) != shape->hosted)
        return error_set(err, "only an agent in its own machine, or in its own namespaces on a "
                              "host, can have a root file system");
    return 0;
}

static int prepare_machine(struct session *s, const struct agent_config *config,
                           struct started *started, struct error *err)
{
    if ((s->frames >= 0 && frames_start(&config->network, take_fd(&s->frames), err) < 0) ||
        machine_prepare(config, err) < 0)
        return -1;
    started->config_ns = boottime_ns();
    if (rootfs_mount_share(config, err) < 0)
        return -1;
    started->share_ns = boottime_ns();
    return rootfs_build(config, err) < 0 ? -1 : rootfs_mount_volumes(config, err);
}

static int prepare_hosted(struct session *s, const struct agent_config *config, struct error *err)
{
    if (hosted_prepare(config, take_fd(&s->frames), err) < 0)
        return -1;
    return rootfs_build(config, err);
}

/* What can be made before the configuration comes; copies of a guest find it made. */
static int prepare(struct session *s, struct agent_config *config, struct error *err)
{
    if (handshake_shape(&s->control, &config->shape, err) < 0)
        return -1;
    s->is_ended = s->own_machine || config->shape.hosted;
    s->shape = &config->shape;
    if (check_place(s, &config->shape, err) < 0)
        return -1;
    if (is_container(&config->shape) && rootfs_prepare(&config->shape, err) < 0)
        return -1;
    return process_prepare(config, &s->workload.process, err);
}

/* From the configuration to a running workload. */
static int configure(struct session *s, const struct agent_config *config, const struct queue *text,
                     struct error *err)
{
    log_debug_enabled = config->debug;
    struct started started = {.config_ns = boottime_ns()};
    started.share_ns = started.config_ns;
    if ((s->own_machine && prepare_machine(s, config, &started, err) < 0) ||
        (config->shape.hosted && prepare_hosted(s, config, err) < 0))
        return -1;
    started.rootfs_ns = boottime_ns();
    return start(s, config, text, &started, err);
}

static int run(struct session *s, const struct session_setup *setup, struct error *err)
{
    struct agent_config config = {0};
    struct queue text = {0};
    if (open_channels(s, setup, err) < 0)
        return -1;
    int result = prepare(s, &config, err);
    if (result == 0)
        result = handshake_config(&s->control, &config, &text, err);
    if (result == 0)
        result = configure(s, &config, &text, err);
    queue_free(&text);
    if (result == 0)
        result = session_relay(s, err);
    if (result == 0)
        result = rootfs_sync(&config, err);
    agent_config_free(&config);
    return result;
}

/* The very last frame: EXIT after success, else ERROR with the reason. */
static int say_last_word(struct session *s, bool success, const struct error *err)
{
    uint8_t payload[ERROR_SIZE_MAX];
    if (success) {
        s->workload.record.out_of_memory = s->own_machine && cgroup_out_of_memory();
        encode_exit(payload, &s->workload.record);
        channel_send(&s->control, FRAME_EXIT, 0, payload, EXIT_SIZE);
    } else {
        channel_send(&s->control, FRAME_ERROR, 0, payload, encode_error(payload, err));
    }
    struct error ignored;
    return s->host_left ? -1 : session_flush(s, FLUSH_DEADLINE_S, &ignored);
}

/* The host ends all of this once it has the last frame; its leaving shows as a hang-up. */
static void await_end(struct session *s)
{
    int64_t deadline = now_ns() + FAREWELL_DEADLINE_S * NS_PER_S;
    bool eof = false;
    struct error ignored;
    while (!eof && now_ns() < deadline) {
        if (!wait_readable(s->control.fd, deadline))
            return;
        /* What still comes is of no interest: the decoder is emptied, not obeyed. */
        decoder_init(&s->control.in, PEER_HOST_CONTROL);
        if (channel_fill(&s->control, &eof, &ignored) < 0)
            return;
    }
}

static void session_free(struct session *s)
{
    execs_free(s);
    streams_free(&s->workload.streams);
    process_free(&s->workload.process);
    loop_free(&s->loop);
    channel_close(&s->control);
    channel_close(&s->data);
    close_fd(&s->signals);
    close_fd(&s->frames);
    free(s);
}

int session_serve(const struct session_setup *setup)
{
    struct session *s = xcalloc(1, sizeof(*s));
    struct error err = ERROR_INIT;
    s->own_machine = s->is_ended = setup->own_machine;
    s->frames = setup->frames;
    s->control.fd = setup->control;
    s->data.fd = setup->data;
    s->signals = -1;
    s->workload = (struct served)SERVED_NONE;
    int result = run(s, setup, &err);
    if (result < 0) {
        log_debug("%s", err.text);
        process_end_all();
    }
    result = say_last_word(s, result == 0, &err);
    if (s->is_ended && !s->host_left)
        await_end(s);
    session_free(s);
    return result;
}
