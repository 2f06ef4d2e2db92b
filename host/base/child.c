#include "host/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

/* For a child that ends by itself once its purpose is gone. */
#define CHILD_GRACE_NS (2 * NS_PER_S)

/*
 * In the child: gives the descriptors their numbers and closes all others. First everything moves
 * out of the way, so that no dup2() overwrites one that is still needed.
 */
static int arrange(const int *fds, size_t count)
{
    int moved[CHILD_FDS_MAX];
    for (size_t i = 0; i < count; i++) {
        moved[i] = fds[i] >= 0 ? fcntl(fds[i], F_DUPFD_CLOEXEC, CHILD_FDS_MAX)
                               : open("/dev/null", O_RDWR | O_CLOEXEC);
        if (moved[i] >= 0 && moved[i] < CHILD_FDS_MAX)
            moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, CHILD_FDS_MAX);
        if (moved[i] < 0)
            return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (dup2(moved[i], (int)i) < 0)
            return -1;
    return close_range((unsigned)count, ~0u, 0);
}

/* The child between fork and exec. */
static _Noreturn void become(void (*wait)(void), const char *path, char **argv, const int *fds,
                             size_t fd_count, pid_t parent)
{
    static char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LANG=C.UTF-8";
    static char *const environment[] = {search, lang, NULL};
    /* A new session: the terminal's ^C is for the workload. */
    setsid();
    /* It dies with vmc, prctl(2); vmc may already have ended just before. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_VMC_FAILED);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (arrange(fds, fd_count) == 0) {
        if (wait)
            wait();
        execve(path, argv, environment);
    }
    dprintf(STDERR_FILENO, "cannot execute %s: %s\n", path, strerror(errno));
    _exit(STATUS_VMC_FAILED);
}

int child_start_after(void (*wait)(void), const char *path, struct strings *argv, const int *fds,
                      size_t fd_count, struct child_process *ret, struct error *err)
{
    char **words = strings_argv(argv);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(wait, path, words, fds, fd_count, parent);
    if (pid < 0)
        return error_errno(err, "cannot fork");
    ret->pid = pid;
    ret->pidfd = pidfd_open(pid, 0);
    return ret->pidfd < 0 ? error_errno(err, "pidfd_open") : 0;
}

int child_start(const char *path, struct strings *argv, const int *fds, size_t fd_count,
                struct child_process *ret, struct error *err)
{
    return child_start_after(NULL, path, argv, fds, fd_count, ret, err);
}

/* True if it ends by the deadline. */
static bool ends(const struct child_process *child, int64_t deadline)
{
    return wait_readable(child->pidfd, deadline);
}

static void reap(struct child_process *child, int *ret_status)
{
    while (waitpid(child->pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    child->pid = -1;
    close_fd(&child->pidfd);
}

void child_stop(struct child_process *child)
{
    if (child->pid <= 0)
        return;
    /*
     * Our own child, not waited for yet: its PID cannot have been reused. A signal can be refused
     * if the child has taken another user's ids and this process has entered a user namespace.
     */
    if (kill(child->pid, SIGKILL) == 0 || ends(child, now_ns() + CHILD_GRACE_NS))
        reap(child, NULL);
    close_fd(&child->pidfd);
    child->pid = -1;
}

int child_wait(struct child_process *child, int64_t deadline, int *ret_status, struct error *err)
{
    if (!ends(child, deadline)) {
        child_stop(child);
        return error_set(err, "it did not end in time");
    }
    reap(child, ret_status);
    return 0;
}

char *program_find(const char *name)
{
    const char *path = getenv("PATH");
    AUTO_FREE char *copy = xasprintf("%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
    char *rest = copy, *dir;
    while ((dir = strsep(&rest, ":"))) {
        AUTO_FREE char *candidate = xasprintf("%s/%s", dir[0] ? dir : ".", name);
        if (access(candidate, X_OK) == 0)
            return realpath(candidate, NULL);
    }
    return NULL;
}
