#include "guest-agent/process/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/container/capabilities.h"
#include "guest-agent/process/init_filter.h"
#include "guest-agent/process/link.h"

/* gate: a byte comes from it once the init is what the workload may see of it. */
static _Noreturn void run_workload(const struct workload *w, int gate, int report)
{
    char go;
    if (read(gate, &go, 1) != 1)
        _exit(STATUS_VMC_FAILED);
    struct error err = ERROR_INIT;
    uint8_t payload[ERROR_SIZE_MAX];
    workload_exec(w, &err);
    if (write_all(report, payload, encode_error(payload, &err)) < 0)
        _exit(STATUS_VMC_FAILED);
    _exit(err.status);
}

/*
 * What /proc/1/fd leads to: the workload's own streams, whatever it has made of them since. Both
 * outputs stay open until the end. The input is there to be opened (O_PATH) and has no reader here:
 * who writes into it learns when the workload has closed it.
 */
static int show_streams(const struct workload *w, struct error *err)
{
    AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", w->input);
    AUTO_CLOSE int input = open(path, O_PATH | O_CLOEXEC);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(w->output, STDOUT_FILENO) < 0 ||
        dup2(w->error_output, STDERR_FILENO) < 0)
        return error_errno(err, "cannot make the standard streams visible");
    return 0;
}

/* All rights last until the next execve(2), which leaves none: the bounding set is empty by then.
 */
static int become(const struct workload *w, struct error *err)
{
    if (capabilities_bound(0, err) < 0)
        return -1;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || (w->user && user_become(w->user) < 0))
        return error_errno(err, "cannot become the container's init");
    return capabilities_raise(err);
}

/*
 * The same program afresh, as the workload's user: nothing of what the agent had in memory is in
 * it, its address layout among that, and who may look into its /proc is that user.
 */
static int exec_init(const struct workload *w, const struct init *init, struct error *err)
{
    char name[] = INIT_NAME;
    static char *const env[] = {NULL};
    AUTO_FREE char *numbers =
        xasprintf("%d,%d,%d,%d", init->link, init->gate, init->report, init->workload);
    char *const argv[] = {name, numbers, NULL};
    AUTO_CLOSE int program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (program < 0)
        return error_errno(err, "cannot open the container's init");
    if (show_streams(w, err) < 0 || become(w, err) < 0)
        return -1;
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0 ||
        set_cloexec(init->link, false) < 0 || set_cloexec(init->gate, false) < 0 ||
        set_cloexec(init->report, false) < 0)
        return error_errno(err, "cannot close descriptors");
    syscall(SYS_execveat, program, "", argv, env, AT_EMPTY_PATH);
    return error_errno(err, "cannot execute the container's init");
}

int init_run(const struct workload *w, int link, int report, struct error *err)
{
    int pidfd = -1, gate[2];
    struct clone_args args = {
        .flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    if (pipe2(gate, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
    if (pid < 0)
        return error_errno(err, "cannot start the workload");
    if (pid == 0) {
        close(gate[1]);
        run_workload(w, gate[0], report);
    }
    if (link_send(link, LINK_WORKLOAD, NULL, &pidfd, 1, err) < 0)
        return -1;
    const struct init init = {.link = link, .gate = gate[1], .report = report, .workload = pid};
    return exec_init(w, &init, err);
}

static int prepare(const struct init *init, struct error *err)
{
    static const struct capability_sets none;
    prctl(PR_SET_NAME, INIT_NAME);
    if (capabilities_set(&none, err) < 0 || init_filter(err) < 0)
        return -1;
    if (write_all(init->gate, "", 1) < 0)
        return error_errno(err, "cannot release the workload");
    /* From here on the workload alone can fail to start. */
    close(init->gate);
    close(init->report);
    return 0;
}

static _Noreturn void serve(const struct init *init)
{
    sigset_t all;
    sigfillset(&all);
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&all, &info);
        if (number > 0 && number != SIGCHLD) {
            kill(init->workload, number);
            continue;
        }
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid != init->workload)
                continue;
            const struct exit_record record = {
                .signaled = WIFSIGNALED(status),
                .value = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
            };
            link_send(init->link, LINK_EXIT, &record, NULL, 0, NULL);
            /* The record alone says how the workload has ended: without it, this is no success. */
            _exit(STATUS_VMC_FAILED);
        }
    }
}

_Noreturn void init_serve(const struct init *init)
{
    struct error err = ERROR_INIT;
    uint8_t payload[ERROR_SIZE_MAX];
    if (prepare(init, &err) == 0)
        serve(init);
    if (write_all(init->report, payload, encode_error(payload, &err)) < 0)
        _exit(STATUS_VMC_FAILED);
    _exit(STATUS_VMC_FAILED);
}
