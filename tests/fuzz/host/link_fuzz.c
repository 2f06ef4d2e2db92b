/*
 * What a guest says and when, on both ports, about a workload and processes beside it: the host's
 * side of the talk. The input is a row of pieces: one byte that says whose turn it is, one of
 * length, and for the guest's ports that many bytes.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "host/guest/link.h"
#include "tests/fuzz/fuzz.h"

enum turn {
    TURN_CONTROL, /* the guest's bytes on a port */
    TURN_DATA,
    TURN_HOST, /* the host goes on to the next phase, or to one more process, and does its I/O */
    TURN_COUNT,
};

#define EXECS 4

struct host {
    struct loop loop;
    struct link link;
    struct guest_process workload;
    struct guest_process execs[EXECS];
    size_t count;
};

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

static struct stream_fds devices(int zero)
{
    return (struct stream_fds){
        .in = zero, .out = open_device("/dev/null"), .err = open_device("/dev/null")};
}

static void host_init(struct host *h)
{
    static const struct guest_process none = GUEST_PROCESS_NONE;
    memset(h, 0, sizeof(*h));
    h->workload = none;
    for (size_t i = 0; i < EXECS; i++)
        h->execs[i] = none;
    FUZZ_CHECK(link_open(&h->link, &h->loop, open_device("/dev/null"), open_device("/dev/null"),
                         NULL) == 0);
}

/* The two ports are devices here: what they would say is the input's. */
static void pump(struct guest_process *p)
{
    struct joined_streams *s = &p->streams;
    if (!s->data)
        return;
    if (input_wants_read(&s->in))
        input_pump(&s->in, s->data);
    FUZZ_CHECK(relay_sink_pump(&s->out, s->data, NULL) == 0);
    FUZZ_CHECK(relay_sink_pump(&s->err, s->data, NULL) == 0);
}

static void go_on(struct host *h, int zero)
{
    struct link *l = &h->link;
    const struct stream_fds fds = devices(zero);
    if (l->phase == LINK_READY) {
        FUZZ_CHECK(link_start(l, "{}", &h->workload, &fds, NULL) == 0);
    } else if (l->phase == LINK_RUNNING && h->count < EXECS) {
        FUZZ_CHECK(link_exec(l, "{}", &h->execs[h->count++], &fds, NULL) == 0);
    } else {
        if (l->phase == LINK_HELLO)
            FUZZ_CHECK(link_prepare(l, "{}", NULL) == 0);
        close(fds.out);
        close(fds.err);
    }
    for (size_t i = 0; i < h->count; i++)
        if (process_is_done(&h->execs[i]))
            link_forget(l, &h->execs[i]);
    for (struct guest_process *p = l->processes; p; p = p->next)
        pump(p);
    link_flush(l);
}

static void check_process(const struct guest_process *p)
{
    const struct joined_streams *s = &p->streams;
    FUZZ_CHECK(s->out.granted + s->out.waiting.length <= RELAY_WINDOW);
    FUZZ_CHECK(s->err.granted + s->err.waiting.length <= RELAY_WINDOW);
    FUZZ_CHECK(s->in.source.credit <= RELAY_WINDOW);
    FUZZ_CHECK(p->state == PROCESS_EXITED || !p->exited_ns);
    FUZZ_CHECK(p->state != PROCESS_FAILED || p->error.text[0]);
}

static void check(const struct host *h, enum link_phase before)
{
    const struct link *l = &h->link;
    /* A frame is worth one phase at most, and only those that wait for the guest. */
    FUZZ_CHECK(l->phase == before || l->phase == before + 1);
    FUZZ_CHECK(l->phase == before || (before != LINK_HELLO && before != LINK_READY));
    FUZZ_CHECK((l->phase == LINK_EXITED) == (h->workload.state == PROCESS_EXITED));
    for (const struct guest_process *p = l->processes; p; p = p->next) {
        FUZZ_CHECK(l->phase != LINK_EXITED || p->state >= PROCESS_EXITED);
        check_process(p);
    }
}

/* -1: the talk is over. */
static int hear(struct host *h, struct channel *ch, const uint8_t *bytes, size_t length)
{
    size_t room;
    struct frame frame;
    int result;
    uint8_t *space = decoder_space(&ch->in, &room);
    FUZZ_CHECK(room >= length);
    memcpy(space, bytes, length);
    decoder_added(&ch->in, length);
    while ((result = channel_next(ch, &frame, NULL)) > 0) {
        enum link_phase before = h->link.phase;
        struct error err = ERROR_INIT;
        result = ch == &h->link.control ? link_hear_control(&h->link, &frame, &err)
                                        : link_hear_data(&h->link, &frame, &err);
        FUZZ_CHECK(result == 0 || err.text[0]);
        if (result < 0)
            return -1;
        check(h, before);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct host h;
    static int zero = -1;
    if (zero < 0)
        zero = open_device("/dev/zero");
    signal(SIGPIPE, SIG_IGN);
    host_init(&h);
    while (size >= 2) {
        enum turn turn = data[0] % TURN_COUNT;
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        if (turn == TURN_HOST)
            length = 0;
        if (turn == TURN_HOST)
            go_on(&h, zero);
        else if (hear(&h, turn == TURN_CONTROL ? &h.link.control : &h.link.data, data + 2, length) <
                 0)
            break;
        data += 2 + length;
        size -= 2 + length;
    }
    link_close(&h.link);
    loop_free(&h.loop);
    return 0;
}
