#include "guest-agent/process/spawn.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "guest-agent/process/link.h"

static void pipe_close(struct pipe *p)
{
    close_fd(&p->read_end);
    close_fd(&p->write_end);
}

void pipes_close(struct pipes *p)
{
    pipe_close(&p->input);
    pipe_close(&p->output);
    pipe_close(&p->error_output);
    pipe_close(&p->report);
    pipe_close(&p->link);
}

static int pipe_open(struct pipe *p, struct error *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    *p = (struct pipe){fds[0], fds[1]};
    return 0;
}

static int stream_open(struct pipe *p, struct error *err)
{
    if (pipe_open(p, err) < 0)
        return -1;
    /* Fewer, larger frames; where the kernel refuses (a user's quota), the usual size works. */
    fcntl(p->read_end, F_SETPIPE_SZ, RELAY_WINDOW);
    return 0;
}

int pipes_open(struct pipes *p, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    p->link = (struct pipe){pair[0], pair[1]};
    if (pipe_open(&p->report, err) < 0 || stream_open(&p->input, err) < 0 ||
        stream_open(&p->output, err) < 0 || stream_open(&p->error_output, err) < 0)
        return -1;
    if (set_nonblocking(p->link.read_end, true) < 0 ||
        set_nonblocking(p->report.read_end, true) < 0 ||
        set_nonblocking(p->input.write_end, true) < 0 ||
        set_nonblocking(p->output.read_end, true) < 0 ||
        set_nonblocking(p->error_output.read_end, true) < 0)
        return error_errno(err, "cannot prepare a pipe");
    return 0;
}

struct child pipes_child(const struct pipes *p)
{
    return (struct child){
        .link = p->link.write_end,
        .report = p->report.write_end,
        .input = p->input.read_end,
        .output = p->output.write_end,
        .error_output = p->error_output.write_end,
    };
}

void pipes_keep(struct pipes *p, struct process *process)
{
    process->link = take_fd(&p->link.read_end);
    process->report = take_fd(&p->report.read_end);
    process->input = take_fd(&p->input.write_end);
    process->output = take_fd(&p->output.read_end);
    process->error_output = take_fd(&p->error_output.read_end);
    pipes_close(p);
}

int spawn_report(int report, struct error *err)
{
    /* A pipe takes this in one piece: it is shorter than PIPE_BUF. */
    uint8_t payload[ERROR_SIZE_MAX];
    ssize_t n = read(report, payload, sizeof(payload));
    if (n == 0)
        return 0;
    if (n < 2)
        return error_set(err, "the command did not start, for no known reason");
    const struct frame frame = {.type = FRAME_ERROR, .length = (uint32_t)n, .payload = payload};
    return decode_error(&frame, err);
}
_Static_assert(ERROR_SIZE_MAX <= PIPE_BUF, "a report is one write");

/* Once the workload runs, it may have the init's end of the link: the first record counts. */
static void take_record(struct process *process, const struct link_message *message)
{
    if (message->kind != LINK_EXIT || process->recorded)
        return;
    process->recorded = true;
    process->record = message->record;
}

static void take_workload(struct process *process, struct link_message *message)
{
    close_fd(&process->first);
    process->first = take_fd(&process->pidfd);
    process->pidfd = take_fd(&message->fds[0]);
}

int spawn_collect(struct process *process, struct error *err)
{
    struct link_message message;
    int got;
    while ((got = link_receive(process->link, &message, err)) > 0) {
        if (message.kind == LINK_TERMINAL) {
            process->master = take_fd(&message.fds[0]);
            process->slave = take_fd(&message.fds[1]);
        } else if (message.kind == LINK_WORKLOAD) {
            take_workload(process, &message);
        }
        /* A short workload has ended by now. */
        take_record(process, &message);
        link_message_free(&message);
    }
    return got;
}

void spawn_collect_record(struct process *process)
{
    struct link_message message;
    struct error ignored;
    while (link_receive(process->link, &message, &ignored) > 0) {
        take_record(process, &message);
        link_message_free(&message);
    }
}
