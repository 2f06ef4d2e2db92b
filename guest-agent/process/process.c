#include "guest-agent/process/process.h"

#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/container/cgroup.h"
#include "guest-agent/container/devices.h"
#include "guest-agent/container/namespaces.h"
#include "guest-agent/container/network.h"
#include "guest-agent/process/child.h"
#include "guest-agent/process/link.h"
#include "guest-agent/process/spawn.h"

static pid_t clone_child(const struct container_shape *shape, int cgroup, int *ret_pidfd)
{
    struct clone_args args = {.flags = CLONE_PIDFD | namespaces_new(shape),
                              .pidfd = (uintptr_t)ret_pidfd,
                              .exit_signal = SIGCHLD};
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
    if (wait_readable(fd, now_ns() + SPAWN_DEADLINE_S * NS_PER_S))
        return 0;
    return error_set(err, "%s within %d s", what, SPAWN_DEADLINE_S);
}

static int await_exec(int report, struct error *err)
{
    if (await_child(report, "the command did not start", err) < 0)
        return -1;
    return spawn_report(report, err);
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

static int start_child(struct agent_config *config, struct pipes *pipes, int cgroup,
                       struct process *process, struct error *err)
{
    const struct child child = pipes_child(pipes);
    process->pid = clone_child(&config->shape, cgroup, &process->pidfd);
    if (process->pid < 0)
        return error_errno(err, "cannot start a process");
    if (process->pid == 0)
        child_run(&child, config, process->config);
    pipes_keep(pipes, process);
    return 0;
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
    struct pipes pipes = PIPES_NONE;
    AUTO_CLOSE int cgroup = -1;
    int result = pipes_open(&pipes, err);
    if (result == 0)
        result = share_config(ret_process, err);
    if (result == 0)
        result = devices_resolve(&config->shape, err);
    if (result == 0 && is_container(shape) && !shape->hosted)
        result = cgroup_prepare(shape, &cgroup, err);
    if (result == 0)
        result = start_child(config, &pipes, cgroup, ret_process, err);
    if (result == 0 && shape->userns)
        result = map_ids(ret_process->pid, err);
    if (result == 0)
        result = link_send(ret_process->link, LINK_GO, NULL, NULL, 0, err);
    if (result == 0)
        result = await_prepared(ret_process, err);
    pipes_close(&pipes);
    return result;
}

static void free_config(struct process *process)
{
    if (process->config)
        munmap(process->config, sizeof(*process->config));
    process->config = NULL;
}

void process_leave_pipes(struct process *process)
{
    close_fd(&process->input);
    close_fd(&process->output);
    close_fd(&process->error_output);
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
        await_exec(process->report, err) < 0 || spawn_collect(process, err) < 0)
        return -1;
    close_fd(&process->report);
    free_config(process);
    if (config->process.tty)
        process_leave_pipes(process);
    return 0;
}

struct exit_record process_record(struct process *process, int status)
{
    spawn_collect_record(process);
    if (process->recorded)
        return process->record;
    return (struct exit_record){
        .signaled = WIFSIGNALED(status),
        .value = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
    };
}

void process_free(struct process *process)
{
    free_config(process);
    close_fd(&process->pidfd);
    close_fd(&process->first);
    close_fd(&process->link);
    close_fd(&process->report);
    close_fd(&process->master);
    close_fd(&process->slave);
    process_leave_pipes(process);
}
