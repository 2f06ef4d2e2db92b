#include "guest-agent/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/relay.h"
#include "common/util.h"
#include "guest-agent/search.h"

#define EXEC_DEADLINE_S 60

/* What the child was doing when it failed; it says so in one write(2) to a close-on-exec pipe. */
enum stage {
    STAGE_STREAMS,
    STAGE_USER,
    STAGE_CWD,
    STAGE_EXEC,
};

struct failure {
    int stage;
    int cause; /* errno */
};

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
};

static void streams_close(struct streams *s)
{
    pipe_close(&s->input);
    pipe_close(&s->output);
    pipe_close(&s->error_output);
    pipe_close(&s->report);
}

static int streams_open(struct streams *s, bool tty, struct error *err)
{
    if (pipe_open(&s->report, err) < 0)
        return -1;
    if (tty)
        return 0;
    if (pipe_open(&s->input, err) < 0 || pipe_open(&s->output, err) < 0 ||
        pipe_open(&s->error_output, err) < 0)
        return -1;
    if (set_nonblocking(s->input.write_end, true) < 0 ||
        set_nonblocking(s->output.read_end, true) < 0 ||
        set_nonblocking(s->error_output.read_end, true) < 0)
        return error_errno(err, "cannot prepare a pipe");
    return 0;
}

/* From here to execve(2), the child calls nothing that allocates or locks. */
static _Noreturn void child_fail(int report, enum stage stage)
{
    struct failure failure = {.stage = stage, .cause = errno};
    /* A pipe takes this in one piece; if it does not, the parent sees an empty report. */
    if (write(report, &failure, sizeof(failure)) < 0)
        _exit(STATUS_VMC_FAILED);
    _exit(STATUS_VMC_FAILED);
}

static void child_reset_signals(void)
{
    /* The system call itself: sigaction(3) refuses the two signals that glibc keeps for itself,
     * and an ignored one would be inherited. All zero is SIG_DFL without flags. */
    static const unsigned char standard[64];
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_set_streams(const struct streams *s, int tty)
{
    /* Each is close-on-exec already, or was inherited from whoever started a test. */
    if (setsid() < 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        return -1;
    if (tty >= 0 && ioctl(tty, TIOCSCTTY, 0) < 0)
        return -1;
    if (dup2(tty >= 0 ? tty : s->input.read_end, 0) < 0 ||
        dup2(tty >= 0 ? tty : s->output.write_end, 1) < 0 ||
        dup2(tty >= 0 ? tty : s->error_output.write_end, 2) < 0)
        return -1;
    return 0;
}

/* The agent is exempt from the out-of-memory killer; what it starts is not. */
static void child_reset_oom_score(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, "0", 1);
    (void)ignored;
    close(fd);
}

static _Noreturn void child_run(const struct agent_config *config, const struct user *user,
                                char *const *paths, const struct streams *s, int tty)
{
    int report = s->report.write_end;
    child_reset_signals();
    if (child_set_streams(s, tty) < 0)
        child_fail(report, STAGE_STREAMS);
    if (getppid() == 1)
        child_reset_oom_score();
    umask(022);
    /* Whatever else is open is the agent's, or came with it. */
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        child_fail(report, STAGE_STREAMS);
    if (user && user_become(user) < 0)
        child_fail(report, STAGE_USER);
    if (chdir(config->cwd) < 0)
        child_fail(report, STAGE_CWD);
    search_exec(paths, config->args.items, config->env.items);
    child_fail(report, STAGE_EXEC);
}

static int explain_exec(const char *command, int cause, struct error *err)
{
    errno = cause;
    error_errno(err, "cannot run '%.900s'", command);
    err->status = cause == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    struct stat st;
    if (cause == ENOENT && strchr(command, '/') && stat(command, &st) == 0)
        error_set(err, "cannot run '%.900s': the interpreter or loader that it names is missing",
                  command);
    else if (cause == ENOENT && !strchr(command, '/'))
        error_set(err, "cannot run '%.900s': command not found in PATH", command);
    err->status = cause == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    return -1;
}

static int explain(const struct agent_config *config, const struct failure *failure,
                   struct error *err)
{
    errno = failure->cause;
    switch (failure->stage) {
    case STAGE_USER:
        return error_errno(err, "cannot become user '%s'", config->user ? config->user : "root");
    case STAGE_CWD:
        return error_errno(err, "cannot change to the working directory '%.900s'", config->cwd);
    case STAGE_EXEC:
        return explain_exec(config->args.items[0], failure->cause, err);
    default:
        return error_errno(err, "cannot prepare the standard streams");
    }
}

/* 0: the pipe closed without a report, so execve(2) succeeded. */
static int await_exec(const struct agent_config *config, int report, struct error *err)
{
    int64_t deadline = now_ns() + EXEC_DEADLINE_S * NS_PER_S;
    struct pollfd p = {.fd = report, .events = POLLIN};
    int ready;
    do
        ready = poll(&p, 1, poll_timeout(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return error_set(err, "the command did not start within %d s", EXEC_DEADLINE_S);
    struct failure failure;
    ssize_t n = read(report, &failure, sizeof(failure));
    if (n == 0)
        return 0;
    if (n != sizeof(failure))
        return error_set(err, "the command did not start, for no known reason");
    return explain(config, &failure, err);
}

static int start(const struct agent_config *config, const struct user *user, struct streams *s,
                 int tty, pid_t *ret_pid, struct error *err)
{
    AUTO_STRINGS struct strings paths = {0};
    search_paths(config->args.items[0], config->env.items, &paths);
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start a process");
    if (pid == 0)
        child_run(config, user, strings_argv(&paths), s, tty);
    close_fd(&s->report.write_end);
    if (await_exec(config, s->report.read_end, err) < 0) {
        kill(pid, SIGKILL);
        return -1;
    }
    *ret_pid = pid;
    return 0;
}

int process_start(const struct agent_config *config, const struct user *user, int tty,
                  struct process *ret_process, struct error *err)
{
    struct streams s = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    pid_t pid = -1;
    if (streams_open(&s, tty >= 0, err) < 0 || start(config, user, &s, tty, &pid, err) < 0) {
        streams_close(&s);
        return -1;
    }
    *ret_process = (struct process){
        .pid = pid,
        .input = take_fd(&s.input.write_end),
        .output = take_fd(&s.output.read_end),
        .error_output = take_fd(&s.error_output.read_end),
    };
    streams_close(&s);
    return 0;
}
