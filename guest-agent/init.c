#include "guest-agent/init.h"

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
#include "guest-agent/capabilities.h"
#include "guest-agent/link.h"

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

/* Nothing of the agent's stays open but the link, which takes the number 3. */
static int keep_link_only(int link)
{
    if (dup2(link, 3) < 0)
        return -1;
    return close_range(4, ~0u, 0) < 0 || close_range(0, 2, 0) < 0 ? -1 : 3;
}

static _Noreturn void serve(pid_t workload, int link)
{
    sigset_t all;
    sigfillset(&all);
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&all, &info);
        if (number > 0 && number != SIGCHLD) {
            kill(workload, number);
            continue;
        }
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid != workload)
                continue;
            const struct exit_record record = {
                .signaled = WIFSIGNALED(status),
                .value = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
            };
            link_send(link, LINK_EXIT, &record, NULL, 0, NULL);
            _exit(0);
        }
    }
}

int init_run(const struct workload *w, int link, int report, struct error *err)
{
    static const struct capability_sets none;
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
    prctl(PR_SET_NAME, "vmc-init");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_errno(err, "cannot hide the container's init");
    if (capabilities_bound(0, err) < 0 || capabilities_set(&none, err) < 0)
        return -1;
    if (write_all(gate[1], "", 1) < 0)
        return error_errno(err, "cannot let the workload go");
    /* This closes the report: from here on the workload alone can fail to start. */
    int kept = keep_link_only(link);
    if (kept < 0)
        _exit(STATUS_VMC_FAILED);
    serve(pid, kept);
}
