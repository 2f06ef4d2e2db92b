/*
 * vmc's side of the start of a jail. The child's stages, which make the jail, are in jail/stages.c.
 */
#include "host/jail/jail.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fds.h"
#include "common/io.h"
#include "host/base/idmap.h"
#include "host/base/restrictions.h"
#include "host/jail/rules.h"
#include "host/jail/stages.h"

/* Far longer than a start takes on a loaded host. */
#define START_PATIENCE_NS (20 * NS_PER_S)

/* fork(2) into new namespaces. */
static pid_t clone_child(const struct jail *jail, bool user_namespace, int *ret_pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_NEWCGROUP,
        .pidfd = (uint64_t)(uintptr_t)ret_pidfd,
        .exit_signal = SIGCHLD,
    };
    args.flags |= user_namespace ? CLONE_NEWUSER : 0;
    args.flags |= jail->host_network ? 0 : CLONE_NEWNET;
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int start_child(struct jail_child *child, int parent_socket, struct jailed *ret,
                       struct isolation *isolation, struct error *err)
{
    pid_t pid = clone_child(child->jail, child->user_namespace, &ret->pidfd);
    /* An agent would make its container with root's own rights. */
    if (pid < 0 && child->jail->privileged && !jail_rules(child->jail->tenant)->trusted) {
        isolation_lacks(isolation, LAYER_USER, "%s", strerror(errno));
        child->user_namespace = false;
        pid = clone_child(child->jail, false, &ret->pidfd);
    }
    if (pid == 0) {
        close(parent_socket);
        jail_child_main(child);
    }
    if (pid < 0) {
        ret->pidfd = -1;
        return restrictions_explain(err, "cannot make the namespaces of a jail");
    }
    ret->pid = pid;
    return 0;
}

/* The child may go on: its ids are mapped. */
static int say_go(int socket, struct error *err)
{
    char byte = JAIL_GO;
    if (send(socket, &byte, 1, MSG_NOSIGNAL) != 1)
        return error_errno(err, "the jail's process has ended");
    return 0;
}

/* If the group cannot be made, the run goes on without it. */
static void enter_groups(const struct jail *jail, struct jailed *ret, struct isolation *isolation)
{
    struct error why = ERROR_INIT;
    const struct host_cgroup *group = jail->group ? jail->group : &ret->cgroup;
    if (!isolation->missing[LAYER_CGROUP] && host_cgroup_enter(group, ret->pid, &why) < 0)
        isolation_lacks(isolation, LAYER_CGROUP, "%s", why.text);
}

/* What a message says. */
static int take_report(const struct jail_report *message, int *fd, struct jailed *ret,
                       struct isolation *isolation, struct error *err)
{
    if (message->layer == JAIL_MEMORY_LISTENER) {
        close_fd(&ret->memory_listener);
        ret->memory_listener = take_fd(fd);
        return 0;
    }
    if (message->layer < 0 || message->layer >= LAYER_COUNT)
        return error_set(err, "the jail cannot be made: %s", message->text);
    isolation_lacks(isolation, (enum isolation_layer)message->layer, "%s", message->text);
    return 0;
}

/* Reads the child's messages until it has executed the program or has ended. */
static int follow(int socket, struct jailed *ret, struct isolation *isolation, struct error *err)
{
    int64_t deadline = now_ns() + START_PATIENCE_NS;
    for (;;) {
        struct jail_report message;
        if (!wait_readable(socket, deadline))
            return error_set(err, "the jail was not ready in time");
        AUTO_CLOSE int fd = -1;
        size_t count = 1;
        if (fds_receive(socket, &message, sizeof(message), &fd, &count) != sizeof(message))
            return 0;
        message.text[sizeof(message.text) - 1] = '\0';
        if (take_report(&message, &fd, ret, isolation, err) < 0)
            return -1;
    }
}

/*
 * Everything from the child's clone to its exec. Moving it into its groups can take 10 ms (the
 * kernel waits for RCU); meanwhile it makes its root and loads QEMU, since there is no workload
 * before this function returns. If groups are required it waits.
 */
static int guide(const struct jail *jail, struct jail_child *child, int socket, struct jailed *ret,
                 struct isolation *isolation, struct error *err)
{
    if (child->user_namespace && idmap_process(ret->pid, jail->ids ? jail->ids->first : 0, err) < 0)
        return -1;
    if (jail->required)
        enter_groups(jail, ret, isolation);
    if (jail->required && !isolation_complete(isolation))
        return isolation_refuse(isolation, err);
    if (say_go(socket, err) < 0)
        return -1;
    if (!jail->required)
        enter_groups(jail, ret, isolation);
    if (follow(socket, ret, isolation, err) < 0)
        return -1;
    return jail->required && !isolation_complete(isolation) ? isolation_refuse(isolation, err) : 0;
}

static void make_groups(const struct jail *jail, struct jailed *ret, struct isolation *isolation)
{
    const struct host_cgroup_limits limits = {
        .memory = jail->memory, .no_swap = jail->no_swap, .tasks = jail->tasks};
    struct error why = ERROR_INIT;
    if (jail->group || (!jail->memory && !jail->tasks))
        return;
    if (host_cgroup_create(jail->container->dir_fd, jail->container->id, &limits, jail->privileged,
                           &ret->cgroup, &why) < 0)
        isolation_lacks(isolation, LAYER_CGROUP, "%s", why.text);
}

int jail_start(const struct jail *jail, struct strings *argv, const int *fds, size_t fd_count,
               struct jailed *ret, struct isolation *isolation, struct error *err)
{
    int pair[2];
    struct jail_mounts mounts;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    struct jail_child child = {
        .jail = jail,
        .mounts = &mounts,
        .argv = strings_argv(argv),
        .fds = fds,
        .fd_count = fd_count,
        .user_namespace = true,
        .socket = pair[1],
    };
    if (jail->host_network)
        isolation_lacks(isolation, LAYER_NETWORK, "%s", jail->host_network);
    make_groups(jail, ret, isolation);
    int result = jail_mounts_open(jail, &mounts, err);
    if (result == 0)
        result = start_child(&child, pair[0], ret, isolation, err);
    close(pair[1]);
    jail_mounts_close(jail, &mounts);
    if (result == 0)
        result = guide(jail, &child, pair[0], ret, isolation, err);
    close(pair[0]);
    return result;
}

void jail_stop(struct jailed *jailed)
{
    if (jailed->pid > 0) {
        /* Our own child, not waited for yet: its PID cannot have been reused. */
        kill(jailed->pid, SIGKILL);
        while (waitpid(jailed->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    jailed->pid = -1;
    close_fd(&jailed->pidfd);
    close_fd(&jailed->memory_listener);
    host_cgroup_remove(&jailed->cgroup);
}
