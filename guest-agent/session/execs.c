/* Processes beside the workload: EXEC frames, their start and their end. */
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>

#include "common/util.h"
#include "guest-agent/boot/machine.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/process/exec.h"
#include "guest-agent/session/session_private.h"

#define START_DEADLINE_S 60

static void say_exit(struct session *s, struct served *e)
{
    uint8_t payload[EXIT_SIZE];
    encode_exit(payload, &e->record);
    channel_send(&s->control, FRAME_EXIT, e->stream, payload, sizeof(payload));
}

static void refuse(struct session *s, uint16_t stream, const struct error *err)
{
    uint8_t payload[ERROR_SIZE_MAX];
    channel_send(&s->control, FRAME_ERROR, stream, payload, encode_error(payload, err));
}

static void forget(struct session *s, struct served *e)
{
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (s->execs[i] == e)
            s->execs[i] = NULL;
    loop_remove(&s->loop, &e->on_report);
    streams_free(&e->streams);
    process_free(&e->process);
    free(e);
}

/* Its report has come: the command runs, or e is gone. */
static void settle(struct session *s, struct served *e)
{
    struct error why = ERROR_INIT;
    loop_remove(&s->loop, &e->on_report);
    if (exec_finish(&e->process, &why) < 0) {
        refuse(s, e->stream, &why);
        forget(s, e);
        return;
    }
    session_say_started(s, e->stream,
                        &(struct started){.pid = (uint32_t)e->process.pid,
                                          .config_ns = e->asked_ns,
                                          .share_ns = e->asked_ns,
                                          .rootfs_ns = e->asked_ns,
                                          .start_ns = boottime_ns()});
    streams_open(&e->streams, &s->loop, &s->data, e->stream, &e->process);
    e->started = true;
    if (e->resized)
        streams_resize(&e->streams, &e->size);
}

static int report_ready(void *owner, short revents, struct error *err)
{
    struct served *e = owner;
    (void)revents, (void)err;
    settle(e->session, e);
    return 0;
}

/* A free place in the table, or NULL. */
static struct served **find_place(struct session *s)
{
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (!s->execs[i])
            return &s->execs[i];
    return NULL;
}

static int start(struct session *s, uint16_t stream, struct process_config *config,
                 struct error *err)
{
    struct served **place = find_place(s);
    if (!place)
        return error_set(err, "too many processes: at most %d at a time run beside the workload",
                         EXECS_MAX);
    struct process process;
    if (exec_start(&s->workload.process, s->shape, config, &process, err) < 0) {
        process_free(&process);
        return -1;
    }
    struct served *e = xcalloc(1, sizeof(*e));
    *e = (struct served)SERVED_NONE;
    e->stream = stream;
    e->process = process;
    e->session = s;
    e->asked_ns = boottime_ns();
    e->deadline = now_ns() + START_DEADLINE_S * NS_PER_S;
    e->on_report = (struct watch){&e->process.report, NULL, report_ready, e};
    loop_add(&s->loop, &e->on_report);
    *place = e;
    return 0;
}

/* The text has come as a whole. */
static int answer(struct session *s, const struct exec_text *text, struct error *err)
{
    struct process_config config = {0};
    if (s->workload.ended)
        return error_set(err, "the container has ended");
    if (text->too_long)
        return error_set(err, "the configuration is larger than %u bytes", CONFIG_SIZE_MAX);
    if (text->bytes.length == 0)
        return error_set(err, "the configuration is empty");
    if (process_config_parse((const char *)queue_bytes(&text->bytes), text->bytes.length, &config,
                             err) < 0)
        return -1;
    int result = start(s, text->stream, &config, err);
    process_config_free(&config);
    return result;
}

static void finish_text(struct session *s)
{
    struct error err = ERROR_INIT;
    uint16_t stream = s->text.stream;
    if (answer(s, &s->text, &err) < 0)
        refuse(s, stream, &err);
    queue_free(&s->text.bytes);
    s->text = (struct exec_text){0};
}

static void add_text(struct exec_text *text, const struct frame *frame)
{
    if (frame->length > CONFIG_SIZE_MAX - text->bytes.length)
        text->too_long = true;
    if (text->too_long)
        queue_free(&text->bytes);
    else
        queue_append(&text->bytes, frame->payload, frame->length);
}

int execs_frame(struct session *s, const struct frame *frame, struct error *err)
{
    struct exec_text *text = &s->text;
    if (text->open && text->stream != frame->stream)
        return error_set(err, "protocol error: EXEC for stream %u within that for stream %u",
                         frame->stream, text->stream);
    if (session_find(s, frame->stream))
        return error_set(err, "protocol error: EXEC for stream %u, which is in use", frame->stream);
    text->open = true;
    text->stream = frame->stream;
    if (frame->length > 0)
        add_text(text, frame);
    else
        finish_text(s);
    return 0;
}

/* A short one has ended before its report was looked at. */
void execs_ended(struct session *s, struct served *e, int status)
{
    uint16_t stream = e->stream;
    if (!e->started)
        settle(s, e);
    e = session_find(s, stream);
    if (!e)
        return;
    e->ended = true;
    e->record = process_record(&e->process, status);
    e->record.input_taken = streams_end(&e->streams);
    e->record.out_of_memory = e->record.signaled && e->record.value == SIGKILL && s->own_machine &&
                              cgroup_out_of_memory();
    say_exit(s, e);
    streams_drain(&e->streams);
}

void execs_sweep(struct session *s)
{
    int64_t now = now_ns();
    for (size_t i = 0; i < EXECS_MAX; i++) {
        struct served *e = s->execs[i];
        struct error err = ERROR_INIT;
        if (e && !e->started && now >= e->deadline) {
            pidfd_send_signal(e->process.pidfd, SIGKILL, NULL, 0);
            error_set(&err, "the command did not start within %d s", START_DEADLINE_S);
            refuse(s, e->stream, &err);
            forget(s, e);
        } else if (e && e->ended && streams_done(&e->streams)) {
            forget(s, e);
        }
    }
}

int64_t execs_deadline(const struct session *s)
{
    int64_t deadline = DEADLINE_NONE;
    for (size_t i = 0; i < EXECS_MAX; i++) {
        const struct served *e = s->execs[i];
        if (e && !e->started && e->deadline < deadline)
            deadline = e->deadline;
    }
    return deadline;
}

size_t execs_count(const struct session *s)
{
    size_t count = 0;
    for (size_t i = 0; i < EXECS_MAX; i++)
        count += s->execs[i] != NULL;
    return count;
}

/* One that SIGKILL does not end, in the middle of a system call say, counts as ended by it. */
static void give_up(struct session *s, struct served *e)
{
    e->ended = true;
    e->record = (struct exit_record){.signaled = true, .value = SIGKILL};
    e->record.input_taken = streams_end(&e->streams);
    say_exit(s, e);
}

void execs_cut(struct session *s)
{
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (s->execs[i] && s->execs[i]->ended)
            streams_cut(&s->execs[i]->streams);
}

void execs_give_up(struct session *s)
{
    for (size_t i = 0; i < EXECS_MAX; i++) {
        struct served *e = s->execs[i];
        struct error err = ERROR_INIT;
        if (e && !e->started) {
            error_set(&err, "the container has ended");
            refuse(s, e->stream, &err);
            forget(s, e);
        } else if (e && !e->ended) {
            give_up(s, e);
        }
    }
    execs_cut(s);
}

void execs_free(struct session *s)
{
    for (size_t i = 0; i < EXECS_MAX; i++)
        if (s->execs[i])
            forget(s, s->execs[i]);
    queue_free(&s->text.bytes);
}
