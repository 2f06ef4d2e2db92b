#include "guest-agent/process/exec.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/process/spawn.h"

static pid_t clone_into(int cgroup, int *ret_pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD, .pidfd = (uintptr_t)ret_pidfd, .exit_signal = SIGCHLD};
    if (cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/*
 * The container's processes see the child from its first moment. Until execve(2) none of them may
 * look into it, or trace it: PR_SET_DUMPABLE goes along with the memory.
 */
static pid_t clone_hidden(int cgroup, int *ret_pidfd)
{
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    pid_t pid = clone_into(cgroup, ret_pidfd);
    if (pid == 0)
        return 0;
    int cause = errno;
    prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
    errno = cause;
    return pid;
}

/* What the agent's next child is born in; its own PID namespace stays: pid_namespaces(7). */
static int enter_pid_namespace(int pidfd, struct error *err)
{
    if (setns(pidfd, CLONE_NEWPID) == 0)
        return 0;
    if (errno == ESRCH)
        return error_set(err, "the container has ended");
    return error_errno(err, "cannot enter the container's PID namespace");
}

static pid_t clone_in_container(int first, int cgroup, int *ret_pidfd, struct error *err)
{
    AUTO_CLOSE int self = pidfd_open(getpid(), 0);
    if (self < 0)
        return error_errno(err, "cannot find the agent's own PID namespace");
    if (enter_pid_namespace(first, err) < 0)
        return -1;
    pid_t pid = clone_hidden(cgroup, ret_pidfd);
    if (pid == 0)
        return 0;
    int cause = errno;
    struct error ignored;
    enter_pid_namespace(self, &ignored);
    errno = cause;
    if (pid < 0)
        error_errno(err, "cannot start a process in the container");
    errno = cause;
    return pid;
}

/* A container that has made groups of its own, and moved its processes there, cannot be joined at
 * its root: cgroup-v2.rst, "No Internal Process Constraint". So where its first process is now. */
static pid_t clone_in_group(const struct process *workload, int first, int *ret_pidfd,
                            struct error *err)
{
    AUTO_CLOSE int cgroup = cgroup_open(err);
    if (cgroup < 0)
        return -1;
    pid_t pid = clone_in_container(first, cgroup, ret_pidfd, err);
    if (pid >= 0 || errno != EBUSY)
        return pid;
    AUTO_CLOSE int current = cgroup_open_of(workload->pid, err);
    return current < 0 ? -1 : clone_in_container(first, current, ret_pidfd, err);
}

static pid_t clone_exec(const struct process *workload, const struct container_shape *shape,
                        int first, int *ret_pidfd, struct error *err)
{
    if (is_container(shape) && !shape->hosted)
        return clone_in_group(workload, first, ret_pidfd, err);
    if (is_container(shape))
        return clone_in_container(first, -1, ret_pidfd, err);
    pid_t pid = clone_into(-1, ret_pidfd);
    return pid < 0 ? error_errno(err, "cannot start a process") : pid;
}

int exec_start(const struct process *workload, const struct container_shape *shape,
               struct process_config *config, struct process *ret_process, struct error *err)
{
    struct pipes pipes = PIPES_NONE;
    int first = workload->first >= 0 ? workload->first : workload->pidfd;
    *ret_process = (struct process)PROCESS_NONE;
    int result = pipes_open(&pipes, err);
    if (result == 0) {
        const struct child child = pipes_child(&pipes);
        ret_process->pid = clone_exec(workload, shape, first, &ret_process->pidfd, err);
        if (ret_process->pid == 0)
            child_run_exec(&child, shape, first, config);
        result = ret_process->pid < 0 ? -1 : 0;
    }
    if (result == 0)
        pipes_keep(&pipes, ret_process);
    pipes_close(&pipes);
    return result;
}

int exec_finish(struct process *process, struct error *err)
{
    if (spawn_report(process->report, err) < 0 || spawn_collect(process, err) < 0)
        return -1;
    close_fd(&process->report);
    close_fd(&process->link);
    if (process->master >= 0)
        process_leave_pipes(process);
    return 0;
}
