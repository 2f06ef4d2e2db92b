/*
 * What a host says and when, on both ports, about a workload and processes beside it: the agent's
 * side of the conversation, with processes that are only descriptors. The input is a row of pieces:
 * one byte that says what happens, one of length or of a process's end, and for the host's ports
 * that many bytes.
 */
#include "guest-agent/process/exec.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/session/session_private.h"
#include "tests/fuzz/fuzz.h"

enum piece {
    PIECE_CONTROL, /* the host's bytes on a port */
    PIECE_DATA,
    PIECE_TURN, /* of the agent's loop */
    PIECE_END,  /* a process of EXEC ends */
    PIECE_COUNT,
};

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

static struct process make_process(void)
{
    struct process process = PROCESS_NONE;
    process.input = open_device("/dev/null");
    process.output = open_device("/dev/zero");
    process.error_output = open_device("/dev/null");
    return process;
}

/* In place of exec.c's: nothing is started. */
int exec_start(const struct process *workload, const struct container_shape *shape,
               struct process_config *config, struct process *ret_process, struct error *err)
{
    (void)workload;
    (void)shape;
    (void)config;
    (void)err;
    *ret_process = make_process();
    ret_process->report = open_device("/dev/null");
    return 0;
}

/* A command with a working directory of its own cannot be run, say. */
int exec_finish(struct process *process, struct error *err)
{
    static unsigned calls;
    close_fd(&process->report);
    return ++calls % 3 == 0 ? error_set(err, "it cannot be run") : 0;
}

static void session_init(struct session *s)
{
    static const struct container_shape plain;
    memset(s, 0, sizeof(*s));
    s->shape = &plain;
    s->workload = (struct served)SERVED_NONE;
    FUZZ_CHECK(channel_open(&s->control, open_device("/dev/null"), PEER_HOST_CONTROL, NULL) == 0);
    FUZZ_CHECK(channel_open(&s->data, open_device("/dev/null"), PEER_HOST_DATA, NULL) == 0);
    s->workload.process = make_process();
    streams_open(&s->workload.streams, &s->loop, &s->data, 0, &s->workload.process);
    s->workload.started = true;
}

static void check_streams(const struct streams *streams)
{
    FUZZ_CHECK(streams->output.credit <= RELAY_WINDOW);
    FUZZ_CHECK(streams->error_output.credit <= RELAY_WINDOW);
    FUZZ_CHECK(streams->input.granted + streams->input.waiting.length <= RELAY_WINDOW);
}

static void check(const struct session *s)
{
    FUZZ_CHECK(s->text.bytes.length <= CONFIG_SIZE_MAX);
    check_streams(&s->workload.streams);
    for (size_t i = 0; i < EXECS_MAX; i++) {
        const struct served *e = s->execs[i];
        if (!e)
            continue;
        FUZZ_CHECK(e->stream != 0);
        FUZZ_CHECK(session_find((struct session *)s, e->stream) == e);
        if (e->started)
            check_streams(&e->streams);
    }
}

/* -1: the session is over. */
static int hear(struct session *s, struct channel *ch, const uint8_t *bytes, size_t length)
{
    size_t room;
    struct frame frame;
    int result;
    uint8_t *space = decoder_space(&ch->in, &room);
    FUZZ_CHECK(room >= length);
    memcpy(space, bytes, length);
    decoder_added(&ch->in, length);
    while ((result = channel_next(ch, &frame, NULL)) > 0) {
        struct error err = ERROR_INIT;
        result = ch == &s->control ? frames_control(s, &frame, &err) : frames_data(s, &frame, &err);
        FUZZ_CHECK(result == 0 || err.text[0]);
        check(s);
        if (result < 0)
            return -1;
    }
    return result;
}

/* The number-th process ends, if there is one, whether its command has been seen to run or not. */
static void end_one(struct session *s, uint8_t number)
{
    struct served *e = s->execs[number % EXECS_MAX];
    if (e && !e->ended)
        execs_ended(s, e, number % 2 ? SIGTERM : number << 8);
}

static int happen(struct session *s, enum piece piece, uint8_t number, const uint8_t *bytes,
                  size_t length)
{
    struct error err = ERROR_INIT;
    switch (piece) {
    case PIECE_CONTROL:
        return hear(s, &s->control, bytes, length);
    case PIECE_DATA:
        return hear(s, &s->data, bytes, length);
    case PIECE_TURN:
        if (loop_turn(&s->loop, 0, &err) < 0)
            return -1;
        execs_sweep(s);
        FUZZ_CHECK(channel_flush(&s->control, NULL) == 0 && channel_flush(&s->data, NULL) == 0);
        return 0;
    default:
        end_one(s, number);
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session s;
    signal(SIGPIPE, SIG_IGN);
    session_init(&s);
    while (size >= 2) {
        enum piece piece = data[0] % PIECE_COUNT;
        bool heard = piece == PIECE_CONTROL || piece == PIECE_DATA;
        size_t length = !heard ? 0 : data[1] < size - 2 ? data[1] : size - 2;
        if (happen(&s, piece, data[1], data + 2, length) < 0)
            break;
        check(&s);
        data += 2 + length;
        size -= 2 + length;
    }
    execs_give_up(&s);
    execs_sweep(&s);
    FUZZ_CHECK(execs_count(&s) == 0);
    execs_free(&s);
    streams_free(&s.workload.streams);
    process_free(&s.workload.process);
    loop_free(&s.loop);
    channel_close(&s.control);
    channel_close(&s.data);
    return 0;
}
