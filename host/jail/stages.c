/*
 * The child between clone3(2) and exec: one stage for each layer, in the order in which each still
 * has the rights it needs. A comment on each stage says what it must and must not do.
 */
#include "host/jail/stages.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fds.h"
#include "host/jail/files.h"
#include "host/jail/landlock.h"
#include "host/jail/memory.h"
#include "host/jail/root.h"
#include "host/jail/rules.h"

static void report(const struct jail_child *child, int layer, const char *text)
{
    struct jail_report message = {.layer = layer};
    snprintf(message.text, sizeof(message.text), "%s", text);
    fds_send(child->socket, &message, sizeof(message), NULL, 0);
}

static void lack_because(struct jail_child *child, enum isolation_layer layer, const char *text)
{
    child->refuse = child->refuse || child->jail->required;
    report(child, (int)layer, text);
}

void jail_lack(struct jail_child *child, enum isolation_layer layer, const char *what)
{
    AUTO_FREE char *text = xasprintf("%s: %s", what, strerror(errno));
    lack_because(child, layer, text);
}

static int wait_for_go(const struct jail_child *child, struct error *err)
{
    char byte;
    ssize_t n;
    while ((n = recv(child->socket, &byte, 1, 0)) < 0 && errno == EINTR)
        ;
    return n == 1 && byte == JAIL_GO ? 0 : error_set(err, "vmc is gone");
}

/*
 * Identity. Must: have no rights outside its user namespace from here on; end when vmc ends, at any
 * time. Must not: act under its original ids in any later stage.
 */
static int stage_identity(struct jail_child *child, struct error *err)
{
    if (wait_for_go(child, err) < 0)
        return -1;
    /*
     * Only the group of /dev/kvm allows an ordinary user's hypervisor to use it. Root's hypervisor
     * has a node of its own, and none of root's groups.
     */
    bool device_group = child->jail->needs.kvm && !child->jail->ids;
    if (child->user_namespace && !device_group && setgroups(0, NULL) < 0 && errno != EPERM)
        return error_errno(err, "setgroups");
    if (child->user_namespace && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
        return error_errno(err, "cannot take the ids of the user namespace");
    /* A change of ids clears it, prctl(2); if vmc has ended before, its socket is closed. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return error_errno(err, "PR_SET_PDEATHSIG");
    struct pollfd parent = {.fd = child->socket};
    return poll(&parent, 1, 0) == 0 ? 0 : error_set(err, "vmc is gone");
}

/*
 * Session. Must: leave the caller's terminal, signals, umask and host name. Must not: pass on any
 * of the caller's environment (see stage_exec).
 */
static int stage_session(const struct jail_child *child, struct error *err)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    umask(child->rules->umask);
    if (setsid() < 0)
        return error_errno(err, "setsid");
    if (sethostname("vmc", 3) < 0 || setdomainname("(none)", 6) < 0)
        return error_errno(err, "cannot name the uts namespace");
    return 0;
}

/* Hard and soft limit alike; never above the current hard limit, which needs CAP_SYS_RESOURCE. */
static int limit(int resource, rlim_t most, struct error *err)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
        return error_errno(err, "getrlimit");
    rlim_t value = now.rlim_max < most ? now.rlim_max : most;
    const struct rlimit new = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit((__rlimit_resource_t)resource, &new) < 0)
        return error_errno(err, "setrlimit");
    return 0;
}

/*
 * Limits. Must: bound the process's use of the host, also without control groups. Must not: raise a
 * hard limit; come before vmc's own descriptors are opened.
 */
static int stage_limits(const struct jail_child *child, struct error *err)
{
    const struct jail *jail = child->jail;
    const struct {
        int resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_AS, jail->address_space},
        {RLIMIT_FSIZE, jail->file_size == UINT64_MAX ? RLIM_INFINITY : jail->file_size},
        {RLIMIT_NPROC, jail->tasks},
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},
        {RLIMIT_RTPRIO, 0},
        {RLIMIT_NICE, 0},
        {RLIMIT_SIGPENDING, 1024},
    };
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        if (limit(limits[i].resource, limits[i].most, err) < 0)
            return -1;
    return 0;
}

/* The program's descriptor until exec: the first number beyond the limit. */
static int open_program(const struct jail_child *child, int *ret_fd, struct error *err)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return error_errno(err, "getrlimit");
    rlim_t number = jail_descriptors(child->jail->tenant);
    now.rlim_cur = now.rlim_max;
    if (number < 64 || setrlimit(RLIMIT_NOFILE, &now) < 0)
        return error_set(err, "the limit on descriptors is too low");
    AUTO_CLOSE int fd = open(child->jail->program, O_PATH | O_CLOEXEC);
    *ret_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, (int)number);
    if (*ret_fd != (int)number)
        return error_errno(err, "cannot open %s", child->jail->program);
    return limit(RLIMIT_NOFILE, number, err);
}

/*
 * Descriptors. Must: leave the listed ones under their numbers. Must not: let any other survive
 * exec, whatever vmc's caller has leaked.
 */
static int stage_descriptors(struct jail_child *child, struct error *err)
{
    AUTO_FREE int *moved = xcalloc(child->fd_count, sizeof(*moved));
    /*
     * First everything moves out of the way, so that no dup2() overwrites one that is still needed.
     */
    child->socket = fcntl(child->socket, F_DUPFD_CLOEXEC, (int)child->fd_count);
    if (child->socket < 0)
        return error_errno(err, "cannot move a descriptor");
    for (size_t i = 0; i < child->fd_count; i++) {
        moved[i] =
            child->fds[i] < 0 ? -1 : fcntl(child->fds[i], F_DUPFD_CLOEXEC, (int)child->fd_count);
        if (child->fds[i] >= 0 && moved[i] < 0)
            return error_errno(err, "cannot move a descriptor");
    }
    for (size_t i = 0; i < child->fd_count; i++) {
        if (moved[i] < 0)
            close((int)i);
        else if (dup2(moved[i], (int)i) < 0)
            return error_errno(err, "cannot place a descriptor");
    }
    if (close_range((unsigned)child->fd_count, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        return error_errno(err, "close_range");
    return 0;
}

/*
 * Privileges. Must: keep only the capabilities needed to serve files, in its own user namespace,
 * and no way to get more. Must not: keep CAP_SYS_ADMIN over its mounts, or any other capability.
 */
static int stage_privileges(const struct jail_child *child, struct error *err)
{
    const struct jail_rules *rules = child->rules;
    const struct jail_capabilities *keep =
        child->jail->needs.writes ? &rules->writing : &rules->reading;
    /* exec gives root the bounding set, capabilities(7). */
    for (cap_value_t value = 0; CAP_IS_SUPPORTED(value); value++) {
        bool kept = false;
        for (size_t i = 0; i < keep->count; i++)
            kept = kept || keep->values[i] == value;
        if (!kept && cap_drop_bound(value) < 0)
            return error_errno(err, "cannot drop a capability");
    }
    if (child->jail->needs.writes && prctl(PR_SET_SECUREBITS, rules->securebits, 0, 0, 0) < 0)
        return error_errno(err, "PR_SET_SECUREBITS");
    cap_t set = cap_init();
    bool good = set &&
                cap_set_flag(set, CAP_PERMITTED, (int)keep->count, keep->values, CAP_SET) == 0 &&
                cap_set_flag(set, CAP_EFFECTIVE, (int)keep->count, keep->values, CAP_SET) == 0 &&
                cap_set_proc(set) == 0;
    cap_free(set);
    if (!good)
        return error_errno(err, "cannot drop the capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_errno(err, "PR_SET_NO_NEW_PRIVS");
    return 0;
}

/*
 * Writes. Must: leave only the writable trees and the device writable by name. Must not: come
 * before no_new_privs, or before a stage that mounts: the kernel requires both.
 */
static int stage_writes(struct jail_child *child, struct error *err)
{
    const char *missing = NULL;
    if (jail_landlock_restrict(child->jail, &missing, err) < 0)
        return -1;
    if (missing)
        lack_because(child, LAYER_WRITES, missing);
    return 0;
}

/*
 * Memory. Must: hand vmc the descriptor at which QEMU's question arrives. Must not: come after the
 * system call filter, which forbids it.
 */
static int stage_memory(const struct jail_child *child, struct error *err)
{
    static const struct jail_report message = {.layer = JAIL_MEMORY_LISTENER};
    AUTO_CLOSE int listener = -1;
    if (!child->jail->asks_for_memory)
        return 0;
    if (jail_memory_filter(&listener, err) < 0)
        return -1;
    if (fds_send(child->socket, &message, sizeof(message), &listener, 1) < 0)
        return error_errno(err, "vmc is gone");
    return 0;
}

/*
 * System calls. Must: leave only those that jail/seccomp_hypervisor.c lists, for the rest of the
 * process's life. Must not: come before a stage that needs a call the filter forbids: it is the
 * last.
 */
static int stage_system_calls(struct jail_child *child, int program, struct error *err)
{
    struct error why = ERROR_INIT;
    if (child->rules->load_filter(&child->jail->needs, program, &why) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return error_set(err, "%s", why.text);
    jail_lack(child, LAYER_SYSCALLS, "this kernel does not support filters");
    return 0;
}

/* For a hypervisor; an agent locks up its container instead. */
static int stage_restrictions(struct jail_child *child, int *ret_program, struct error *err)
{
    if (child->rules->trusted) {
        *ret_program = open(child->jail->program, O_PATH | O_CLOEXEC);
        return *ret_program < 0 ? error_errno(err, "cannot open %s", child->jail->program) : 0;
    }
    if (open_program(child, ret_program, err) < 0 || stage_limits(child, err) < 0 ||
        stage_privileges(child, err) < 0)
        return -1;
    return stage_writes(child, err) < 0 ? -1 : stage_memory(child, err);
}

/*
 * Exec. Must: pass an environment of its own making. Must not: happen when a required layer is
 * missing.
 */
static int stage_exec(struct jail_child *child, int program, struct error *err)
{
    const struct jail_rules *rules = child->rules;
    AUTO_STRINGS struct strings environment = {0};
    AUTO_FREE char *libraries = jail_files_library_path(child->jail->files);
    strings_add(&environment, "PATH=/usr/bin:/bin");
    strings_add(&environment, "LANG=C.UTF-8");
    for (const char *const *word = rules->environment; *word; word++)
        strings_add(&environment, *word);
    if (libraries)
        strings_addf(&environment, "LD_LIBRARY_PATH=%s", libraries);
    if (personality(rules->personality) < 0)
        return error_errno(err, "personality");
    if (!rules->trusted && stage_system_calls(child, program, err) < 0)
        return -1;
    if (child->refuse)
        _exit(STATUS_VMC_FAILED);
    syscall(SYS_execveat, program, "", child->argv, strings_argv(&environment), AT_EMPTY_PATH);
    return error_errno(err, "cannot execute %s", child->jail->program);
}

void jail_child_main(struct jail_child *child)
{
    struct error err = ERROR_INIT;
    int program = -1;
    child->rules = jail_rules(child->jail->tenant);
    if ((!child->rules->trusted || jail_root_open_trees(child, &err) == 0) &&
        stage_identity(child, &err) == 0 && stage_session(child, &err) == 0 &&
        jail_root_enter(child, &err) == 0 && stage_descriptors(child, &err) == 0 &&
        stage_restrictions(child, &program, &err) == 0)
        stage_exec(child, program, &err);
    report(child, JAIL_FAILED, err.text);
    _exit(STATUS_VMC_FAILED);
}
