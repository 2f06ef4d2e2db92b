#include "guest-agent/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/container/devices.h"
#include "guest-agent/container/network.h"
#include "guest-agent/process/child.h"
#include "guest-agent/process/link.h"

#define CHILD_DEADLINE_S 60

struct pipe {
    int read_end;
    int write_end;
};

static void pipe_close(struct pipe *p)
{
    close_fd(&p->read_end);
    close_fd(&p->write_end);
}

static int pipe_open(struct pipe *p, struct error *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    *p = (struct pipe){fds[0], fds[1]};
    /* Fewer, larger frames; where the kernel refuses (a user's quota), the usual size works. */
    fcntl(p->read_end, F_SETPIPE_SZ, RELAY_WINDOW);
    return 0;
}

struct streams {
    struct pipe input, output, error_output, report;
    struct pipe link; /* a socket pair: read_end is the agent's */
};

static void streams_close(struct streams *s)
{
    pipe_close(&s->input);
    pipe_close(&s->output);
    pipe_close(&s->error_output);
    pipe_close(&s->report);
    pipe_close(&s->link);
}

static int streams_open(struct streams *s, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    s->link = (struct pipe){pair[0], pair[1]};
    if (pipe_open(&s->report, err) < 0 || pipe_open(&s->input, err) < 0 ||
        pipe_open(&s->output, err) < 0 || pipe_open(&s->error_output, err) < 0)
        return -1;
    if (set_nonblocking(s->input.write_end, true) < 0 ||
        set_nonblocking(s->output.read_end, true) < 0 ||
        set_nonblocking(s->error_output.read_end, true) < 0)
        return error_errno(err, "cannot prepare a pipe");
    return 0;
}

/*
 * The cgroup namespace is not among these: made here, its root would be the agent's cgroup
 * (cgroup_namespaces(7)), so the child makes it once it is in its own.
 */
static uint64_t namespace_flags(const struct container_shape *shape)
{
    uint64_t flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
    /* Linux has it on most architectures: time_namespaces(7). */
    if (access("/proc/self/ns/time", F_OK) == 0)
        flags |= CLONE_NEWTIME;
    if (shape->netns)
        flags |= CLONE_NEWNET;
    if (shape->userns)
        flags |= CLONE_NEWUSER;
    return flags;
}

static pid_t clone_child(const struct container_shape *shape, int cgroup, int *ret_pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD, .pidfd = (uintptr_t)ret_pidfd, .exit_signal = SIGCHLD};
    if (is_container(shape))
        args.flags |= namespace_flags(shape);
    if (cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Every id is itself: the namespace takes privilege away, and no file changes its owner. */
static int map_ids(pid_t pid, struct error *err)
{
    static const char *const files[] = {"uid_map", "gid_map"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        AUTO_FREE char *path = xasprintf("/proc/%d/%s", pid, files[i]);
        if (write_file(path, "0 0 4294967295", err) < 0)
            return -1;
    }
    return 0;
}

/* Until the child says something there, or is gone. */
static int await_child(int fd, const char *what, struct error *err)
{
    if (wait_readable(fd, now_ns() + CHILD_DEADLINE_S * NS_PER_S))
        return 0;
    return error_set(err, "%s within %d s", what, CHILD_DEADLINE_S);
}

/* 0: the pipe closed without a report, so execve(2) succeeded. */
static int await_exec(int report, struct error *err)
{
    if (await_child(report, "the command did not start", err) < 0)
        return -1;
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

/* What the child has said on its way to execve(2) waits in the link. */
static int collect(struct process *process, struct error *err)
{
    struct link_message message;
    int got;
    while ((got = link_receive(process->link, &message, err)) > 0) {
        if (message.kind == LINK_TERMINAL) {
            process->master = take_fd(&message.fds[0]);
            process->slave = take_fd(&message.fds[1]);
        } else if (message.kind == LINK_WORKLOAD) {
            close_fd(&process->pidfd);
            process->pidfd = take_fd(&message.fds[0]);
        }
        /* A short workload has ended by now. */
        take_record(process, &message);
        link_message_free(&message);
    }
    return got;
}

static void collect_record(struct process *process)
{
    struct link_message message;
    struct error ignored;
    while (link_receive(process->link, &message, &ignored) > 0) {
        take_record(process, &message);
        link_message_free(&message);
    }
}

/* Until the child has prepared what it can. What it reports instead comes before its end. */
static int await_prepared(const struct process *process, struct error *err)
{
    struct link_message message;
    if (await_child(process->link, "the container was not prepared", err) < 0)
        return -1;
    int got = link_receive(process->link, &message, err);
    if (got > 0 && message.kind == LINK_PREPARED)
        return 0;
    if (got == 0 && await_exec(process->report, err) < 0)
        return -1;
    return got < 0 ? -1 : error_set(err, "the container was not prepared, for no known reason");
}

static int start_child(struct agent_config *config, struct streams *s, int cgroup,
                       struct process *process, struct error *err)
{
    process->pid = clone_child(&config->shape, cgroup, &process->pidfd);
    if (process->pid < 0)
        return error_errno(err, "cannot start a process");
    if (process->pid == 0)
        child_run(&(struct child){
            .config = config,
            .shared = process->config,
            .link = s->link.write_end,
            .report = s->report.write_end,
            .input = s->input.read_end,
            .output = s->output.write_end,
            .error_output = s->error_output.write_end,
        });
    /* Its ends have to be its alone: their closing tells something. */
    close_fd(&s->link.write_end);
    close_fd(&s->report.write_end);
    process->link = take_fd(&s->link.read_end);
    process->report = take_fd(&s->report.read_end);
    process->input = take_fd(&s->input.write_end);
    process->output = take_fd(&s->output.read_end);
    process->error_output = take_fd(&s->error_output.read_end);
    return set_nonblocking(process->link, true) < 0 ? error_errno(err, "cannot prepare a socket")
                                                    : 0;
}

/* Pages of it are there once something is written into them. */
static int share_config(struct process *process, struct error *err)
{
    void *memory = mmap(NULL, sizeof(*process->config), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return error_errno(err, "cannot share memory");
    process->config = memory;
    return 0;
}

int process_prepare(struct agent_config *config, struct process *ret_process, struct error *err)
{
    const struct container_shape *shape = &config->shape;
    struct streams s = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    AUTO_CLOSE int cgroup = -1;
    int result = streams_open(&s, err);
    if (result == 0)
        result = share_config(ret_process, err);
    if (result == 0)
        result = devices_resolve(&config->shape, err);
    if (result == 0 && is_container(shape) && !shape->hosted)
        result = cgroup_prepare(shape, &cgroup, err);
    if (result == 0)
        result = start_child(config, &s, cgroup, ret_process, err);
    if (result == 0 && shape->userns)
        result = map_ids(ret_process->pid, err);
    if (result == 0)
        result = link_send(ret_process->link, LINK_GO, NULL, NULL, 0, err);
    if (result == 0)
        result = await_prepared(ret_process, err);
    streams_close(&s);
    return result;
}

int process_start(struct process *process, const struct agent_config *config, const void *text,
                  size_t length, struct error *err)
{
    const struct container_shape *shape = &config->shape;
    if (is_container(shape) && !shape->hosted && cgroup_limit(&config->cgroup, err) < 0)
        return -1;
    if (shape->netns && config->network.interface &&
        network_move(config->network.interface, process->pid, err) < 0)
        return -1;
    process->config->length = length;
    memcpy(process->config->text, text, length);
    if (link_send(process->link, LINK_CONFIG, NULL, NULL, 0, err) < 0 ||
        await_exec(process->report, err) < 0 || collect(process, err) < 0)
        return -1;
    close_fd(&process->report);
    if (config->process.tty) {
        close_fd(&process->input);
        close_fd(&process->output);
        close_fd(&process->error_output);
    }
    return 0;
}

struct exit_record process_record(struct process *process, int status)
{
    collect_record(process);
    if (process->recorded)
        return process->record;
    return (struct exit_record){
        .signaled = WIFSIGNALED(status),
        .value = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
    };
}

void process_free(struct process *process)
{
    if (process->config)
        munmap(process->config, sizeof(*process->config));
    process->config = NULL;
    close_fd(&process->pidfd);
    close_fd(&process->link);
    close_fd(&process->report);
    close_fd(&process->master);
    close_fd(&process->slave);
    close_fd(&process->input);
    close_fd(&process->output);
    close_fd(&process->error_output);
}
