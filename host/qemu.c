#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/io.h"
#include "common/log.h"
#include "host/machine.h"
#include "host/qemu_argv.h"
#include "host/tsc.h"

int qemu_find(const struct arch *arch, char **ret_path, struct error *err)
{
    const char *path = getenv("PATH");
    AUTO_FREE char *copy = xstrdup(path ? path : "/usr/local/bin:/usr/bin:/bin");
    char *rest = copy, *dir;
    while ((dir = strsep(&rest, ":"))) {
        AUTO_FREE char *candidate = xasprintf("%s/%s", dir[0] ? dir : ".", arch->qemu);
        if (access(candidate, X_OK) == 0) {
            *ret_path = realpath(candidate, NULL);
            if (*ret_path)
                return 0;
        }
    }
    return error_set(err, "%s is not installed: apt install %s", arch->qemu, arch->qemu_package);
}

/* QEMU's side of every descriptor it inherits; -1 where it gets none. */
struct inheritance {
    int fds[QEMU_FD_END];
};

static int make_pair(int *ret_ours, int *ret_theirs, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    *ret_ours = pair[0];
    *ret_theirs = pair[1];
    return 0;
}

static int make_descriptors(const struct machine_request *request, struct machine *m,
                            struct inheritance *theirs, struct error *err)
{
    int errors[2];
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe");
    m->errors_fd = errors[0];
    theirs->fds[STDERR_FILENO] = errors[1];
    theirs->fds[STDIN_FILENO] = open("/dev/null", O_RDWR | O_CLOEXEC);
    theirs->fds[STDOUT_FILENO] = fcntl(errors[1], F_DUPFD_CLOEXEC, QEMU_FD_END);
    if (request->rootfs->disk_fd >= 0)
        theirs->fds[QEMU_FD_DISK] = fcntl(request->rootfs->disk_fd, F_DUPFD_CLOEXEC, QEMU_FD_END);
    if (request->network->link.fd >= 0)
        theirs->fds[QEMU_FD_NET] = fcntl(request->network->link.fd, F_DUPFD_CLOEXEC, QEMU_FD_END);
    if (make_pair(&m->control_fd, &theirs->fds[QEMU_FD_CONTROL], err) < 0 ||
        make_pair(&m->data_fd, &theirs->fds[QEMU_FD_DATA], err) < 0 ||
        make_pair(&m->console_fd, &theirs->fds[QEMU_FD_CONSOLE], err) < 0 ||
        make_pair(&m->serial_fd, &theirs->fds[QEMU_FD_SERIAL], err) < 0)
        return -1;
    if (request->accel != ACCEL_KVM)
        return 0;
    return make_pair(&m->monitor_fd, &theirs->fds[QEMU_FD_MONITOR], err);
}

/*
 * In the child: gives the descriptors their numbers and closes all others. First everything moves
 * out of the way, so that no dup2() overwrites one that is still needed.
 */
static int arrange_descriptors(struct inheritance *theirs)
{
    for (int i = 0; i < QEMU_FD_END; i++)
        if (theirs->fds[i] >= 0) {
            theirs->fds[i] = fcntl(theirs->fds[i], F_DUPFD_CLOEXEC, QEMU_FD_END);
            if (theirs->fds[i] < 0)
                return -1;
        }
    for (int i = 0; i < QEMU_FD_END; i++) {
        if (theirs->fds[i] < 0)
            close(i);
        else if (dup2(theirs->fds[i], i) < 0)
            return -1;
    }
    return close_range(QEMU_FD_END, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* The child between fork and exec. Must not touch the caller's terminal, signals or secrets. */
static void become_qemu(char **argv, struct inheritance *theirs, pid_t parent)
{
    static char path[] = "PATH=/usr/bin:/bin", lang[] = "LANG=C.UTF-8";
    static char *const environment[] = {path, lang, NULL};
    /* A session of its own: the terminal's ^C is the workload's, not the hypervisor's. */
    setsid();
    /* When vmc is gone the machine goes: prctl(2); the parent may have ended just before. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_VMC_FAILED);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (arrange_descriptors(theirs) == 0)
        execve(argv[0], argv, environment);
    dprintf(STDERR_FILENO, "cannot execute %s: %s\n", argv[0], strerror(errno));
    _exit(STATUS_VMC_FAILED);
}

static void log_argv(char **argv)
{
    for (; log_debug_enabled && *argv; argv++)
        log_debug("qemu: %s", *argv);
}

int qemu_start(const struct machine_request *request, struct machine *ret, struct error *err)
{
    struct inheritance theirs;
    for (int i = 0; i < QEMU_FD_END; i++)
        theirs.fds[i] = -1;
    bool tsc = request->spec->arch->tsc && request->accel == ACCEL_TCG;
    AUTO_STRINGS struct strings argv = {0};
    int result = make_descriptors(request, ret, &theirs, err);
    if (result == 0) {
        qemu_argv(request, tsc ? tsc_khz(request->tsc) : 0, &argv);
        log_argv(argv.items);
        pid_t parent = getpid();
        ret->pid = fork();
        if (ret->pid == 0)
            become_qemu(argv.items, &theirs, parent);
        if (ret->pid < 0)
            result = error_errno(err, "cannot fork");
        else if ((ret->pidfd = pidfd_open(ret->pid, 0)) < 0)
            result = error_errno(err, "pidfd_open");
    }
    for (int i = 0; i < QEMU_FD_END; i++)
        close_fd(&theirs.fds[i]);
    return result;
}
