#include "host/base/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/queue.h"
#include "common/util.h"

static void run_body(int (*body)(void *arg), void *arg, int output, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
        _exit(STATUS_VMC_FAILED);

    int status = body(arg);

    fflush(NULL);
    _exit(status);
}

/* Reads what the pipe holds now. */
static void drain(int fd, struct queue *output)
{
    char bytes[4096];
    ssize_t count;

    while ((count = read(fd, bytes, sizeof(bytes))) > 0) {
        size_t room = PROBE_OUTPUT_MAX - output->length;

        queue_append(output, bytes, (size_t)count < room ? (size_t)count : room);
    }
}

/* Collects output until the child ends. */
static int watch(int pidfd, int fd, int64_t deadline, struct queue *output, struct error *err)
{
    struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    while (fds[0].revents == 0) {
        int ready = poll(fds, ARRAY_LEN(fds), poll_timeout(deadline));

        if (ready == 0)
            return error_set(err, "no answer in time");
        if (ready < 0 && errno != EINTR)
            return error_errno(err, "poll");
        if (ready < 0)
            continue;
        drain(fd, output);
        if (fds[1].revents & (POLLHUP | POLLERR))
            fds[1].fd = -1;
    }
    drain(fd, output);
    return 0;
}

static char *take_text(struct queue *output)
{
    while (output->length > 0 && queue_bytes(output)[output->length - 1] == '\n')
        output->length--;
    queue_append(output, "", 1);
    return xstrdup((const char *)queue_bytes(output));
}

int probe_child(int (*body)(void *arg), void *arg, int64_t timeout, char **ret_output,
                int *ret_status, struct error *err)
{
    struct queue output = {0};
    pid_t parent = getpid();
    int64_t deadline = now_ns() + timeout;
    int pipe_fds[2];
    int status;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    AUTO_CLOSE int fd = pipe_fds[0];
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_body(body, arg, pipe_fds[1], parent);
    close(pipe_fds[1]);
    if (pid < 0)
        return error_errno(err, "cannot fork");
    setpgid(pid, pid); /* child and parent both do this: one is first */

    AUTO_CLOSE int pidfd = pidfd_open(pid, 0);
    int result = pidfd < 0 || set_nonblocking(fd, true) < 0
                     ? error_errno(err, "cannot watch a child process")
                     : watch(pidfd, fd, deadline, &output, err);
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (result == 0) {
        *ret_output = take_text(&output);
        *ret_status =
            WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL_BASE + WTERMSIG(status);
    }
    queue_free(&output);
    return result;
}

static int exec_program(void *arg)
{
    char *const *argv = arg;

    execvp(argv[0], argv);
    return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

int probe_program(char *const argv[], int64_t timeout, char **ret_output, int *ret_status,
                  struct error *err)
{
    return probe_child(exec_program, (void *)argv, timeout, ret_output, ret_status, err);
}
