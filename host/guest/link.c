#include "host/guest/link.h"

#include <poll.h>
#include <string.h>

#include "common/util.h"

typedef int frame_handler(struct link *l, const struct frame *frame, struct error *err);

static int pump(struct link *l, struct channel *ch, bool *eof, frame_handler *handle,
                struct error *err)
{
    struct frame frame;
    int result;
    if (channel_fill(ch, eof, err) < 0)
        return -1;
    while ((result = channel_next(ch, &frame, err)) > 0)
        if (handle(l, &frame, err) < 0)
            return -1;
    return result;
}

static short control_events(const void *owner)
{
    const struct link *l = owner;
    if (l->control_eof)
        return WATCH_NOTHING;
    return channel_events(&l->control);
}

static short data_events(const void *owner)
{
    const struct link *l = owner;
    if (l->data_eof)
        return WATCH_NOTHING;
    return channel_events(&l->data);
}

/* What waits to be sent leaves before the next turn: link_flush(). */
static bool has_come(short revents)
{
    return revents & (POLLIN | POLLHUP | POLLERR);
}

static int control_ready(void *owner, short revents, struct error *err)
{
    struct link *l = owner;
    return has_come(revents) ? pump(l, &l->control, &l->control_eof, link_hear_control, err) : 0;
}

static int data_ready(void *owner, short revents, struct error *err)
{
    struct link *l = owner;
    return has_come(revents) ? pump(l, &l->data, &l->data_eof, link_hear_data, err) : 0;
}

int link_open(struct link *l, struct loop *loop, int control_fd, int data_fd, struct error *err)
{
    *l = (struct link)LINK_NONE(loop);
    AUTO_CLOSE int data = data_fd;
    if (channel_open(&l->control, control_fd, PEER_GUEST_CONTROL, err) < 0 ||
        channel_open(&l->data, take_fd(&data), PEER_GUEST_DATA, err) < 0)
        return -1;
    l->watches[0] = (struct watch){&l->control.fd, control_events, control_ready, l};
    l->watches[1] = (struct watch){&l->data.fd, data_events, data_ready, l};
    for (size_t i = 0; i < ARRAY_LEN(l->watches); i++)
        loop_add(loop, &l->watches[i]);
    return 0;
}

void link_close(struct link *l)
{
    while (l->processes) {
        struct guest_process *p = l->processes;
        l->processes = p->next;
        streams_close(&p->streams);
    }
    for (size_t i = 0; i < ARRAY_LEN(l->watches); i++)
        loop_remove(l->loop, &l->watches[i]);
    channel_close(&l->control);
    channel_close(&l->data);
}

/* A channel whose other end is gone is at its end; what still waits to be sent is dropped. */
static void flush_channel(struct channel *ch, bool eof)
{
    if (!eof && channel_flush(ch, NULL) < 0)
        queue_free(&ch->out);
}

void link_flush(struct link *l)
{
    flush_channel(&l->control, l->control_eof);
    flush_channel(&l->data, l->data_eof);
}

bool link_ended(const struct link *l)
{
    return l->control_eof && l->data_eof;
}

/* ---- what the host says ---- */

static void ask_for(struct link *l, struct guest_process *p, uint16_t stream,
                    const struct stream_fds *fds)
{
    p->state = PROCESS_ASKED;
    p->stream = stream;
    p->next = l->processes;
    l->processes = p;
    streams_open(&p->streams, l->loop, &l->data, stream, fds);
}

void link_wake(struct link *l)
{
    channel_send(&l->control, FRAME_WAKE, 0, NULL, 0);
}

int link_prepare(struct link *l, const char *shape, struct error *err)
{
    l->phase = LINK_SHAPE;
    return channel_send_text(&l->control, FRAME_PREPARE, 0, shape, err);
}

int link_start(struct link *l, const char *config, struct guest_process *workload,
               const struct stream_fds *fds, struct error *err)
{
    if (channel_send_text(&l->control, FRAME_CONFIG, 0, config, err) < 0)
        return -1;
    l->phase = LINK_CONFIG;
    ask_for(l, workload, 0, fds);
    /* The agent waits for that: its port is open then. */
    streams_begin(&workload->streams);
    return 0;
}

static struct guest_process *find(const struct link *l, uint16_t stream)
{
    struct guest_process *p = l->processes;
    while (p && p->stream != stream)
        p = p->next;
    return p;
}

/* The workload's is 0; numbers come again only when all others have been used. */
static uint16_t free_stream(struct link *l)
{
    do
        l->last_stream++;
    while (l->last_stream == 0 || find(l, l->last_stream));
    return l->last_stream;
}

static size_t count_processes(const struct link *l)
{
    size_t count = 0;
    for (const struct guest_process *p = l->processes; p; p = p->next)
        count++;
    return count;
}

int link_exec(struct link *l, const char *process, struct guest_process *p,
              const struct stream_fds *fds, struct error *err)
{
    if (l->phase != LINK_RUNNING)
        return error_set(err, "the container is not running");
    if (count_processes(l) > EXECS_MAX)
        return error_set(err, "%d commands run in this container already, the maximum", EXECS_MAX);
    uint16_t stream = free_stream(l);
    if (channel_send_text(&l->control, FRAME_EXEC, stream, process, err) < 0)
        return -1;
    ask_for(l, p, stream, fds);
    return 0;
}

void link_signal(struct link *l, const struct guest_process *p, int signal)
{
    uint8_t payload[SIGNAL_SIZE];
    encode_signal(payload, signal);
    if (p->state == PROCESS_RUNNING)
        channel_send(&l->control, FRAME_SIGNAL, p->stream, payload, sizeof(payload));
}

void link_resize(struct link *l, const struct guest_process *p, const struct window_size *size)
{
    uint8_t payload[WINSIZE_SIZE];
    encode_winsize(payload, size);
    if (p->state <= PROCESS_RUNNING)
        channel_send(&l->control, FRAME_WINSIZE, p->stream, payload, sizeof(payload));
}

bool process_is_over(const struct guest_process *p)
{
    return p->state == PROCESS_FAILED || (p->state == PROCESS_EXITED && streams_ended(&p->streams));
}

bool process_is_done(const struct guest_process *p)
{
    return p->state == PROCESS_FAILED || (p->state == PROCESS_EXITED && streams_done(&p->streams));
}

void link_forget(struct link *l, struct guest_process *p)
{
    for (struct guest_process **at = &l->processes; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            streams_close(&p->streams);
            return;
        }
}

/* ---- what the guest says, and when it may say it ---- */

static int unexpected(const struct frame *frame, struct error *err)
{
    return error_set(err, "protocol error: %s frame at the wrong time", frame_name(frame->type));
}

static int handle_hello(struct link *l, const struct frame *frame, struct error *err)
{
    if (l->phase != LINK_BOOT)
        return unexpected(frame, err);
    if (decode_hello(frame, &l->hello, err) < 0)
        return -1;
    l->hello_ns = now_ns();
    l->phase = LINK_HELLO;
    return 0;
}

static int handle_prepared(struct link *l, const struct frame *frame, struct error *err)
{
    if (l->phase != LINK_SHAPE)
        return unexpected(frame, err);
    l->phase = LINK_READY;
    return 0;
}

static int handle_started(struct link *l, struct guest_process *p, const struct frame *frame,
                          struct error *err)
{
    if (p->state != PROCESS_ASKED)
        return unexpected(frame, err);
    if (decode_started(frame, &p->started, err) < 0)
        return -1;
    p->started_ns = now_ns();
    p->state = PROCESS_RUNNING;
    if (p->stream == 0)
        l->phase = LINK_RUNNING;
    else
        streams_begin(&p->streams);
    return 0;
}

/* The workload's exit record is the last frame of all: nothing that runs may be left. */
static int end_container(struct link *l, const struct frame *frame, struct error *err)
{
    for (struct guest_process *p = l->processes; p; p = p->next) {
        if (p->state == PROCESS_RUNNING)
            return unexpected(frame, err);
        if (p->state != PROCESS_ASKED)
            continue;
        /* What asked for it has crossed the container's end. */
        error_set(&p->error, "the container has ended");
        p->state = PROCESS_FAILED;
    }
    l->phase = LINK_EXITED;
    return 0;
}

static int handle_exit(struct link *l, struct guest_process *p, const struct frame *frame,
                       struct error *err)
{
    if (p->state != PROCESS_RUNNING)
        return unexpected(frame, err);
    if (decode_exit(frame, &p->record, err) < 0)
        return -1;
    p->exited_ns = now_ns();
    p->state = PROCESS_EXITED;
    return p->stream == 0 ? end_container(l, frame, err) : 0;
}

/* The workload's ends all, and may come before there is one. */
static int handle_error(struct guest_process *p, const struct frame *frame, struct error *err)
{
    if (frame->stream == 0)
        return decode_error(frame, err);
    if (p->state != PROCESS_ASKED)
        return unexpected(frame, err);
    decode_error(frame, &p->error);
    p->state = PROCESS_FAILED;
    return 0;
}

int link_hear_control(struct link *l, const struct frame *frame, struct error *err)
{
    struct guest_process *p = find(l, frame->stream);
    if (frame->stream != 0 && !p)
        return error_set(err, "protocol error: stream %u", frame->stream);
    if (l->phase == LINK_EXITED)
        return unexpected(frame, err);
    switch (frame->type) {
    case FRAME_HELLO:
        return frame->stream == 0 ? handle_hello(l, frame, err) : unexpected(frame, err);
    case FRAME_PREPARED:
        return frame->stream == 0 ? handle_prepared(l, frame, err) : unexpected(frame, err);
    case FRAME_STARTED:
        return p ? handle_started(l, p, frame, err) : unexpected(frame, err);
    case FRAME_EXIT:
        return p ? handle_exit(l, p, frame, err) : unexpected(frame, err);
    case FRAME_ERROR:
        return handle_error(p, frame, err);
    default:
        return unexpected(frame, err);
    }
}

int link_hear_data(struct link *l, const struct frame *frame, struct error *err)
{
    struct guest_process *p = find(l, frame->stream);
    if (p && p->state != PROCESS_FAILED)
        return streams_accept(&p->streams, frame, err);
    /* There are no streams before the configuration is sent. */
    if (frame->stream == 0)
        return unexpected(frame, err);
    /* What lets us send more, or no more, to a process may cross its end. */
    if (frame->type == FRAME_CREDIT || frame->type == FRAME_CLOSE)
        return 0;
    return error_set(err, "protocol error: stream %u", frame->stream);
}
