#include "guest-agent/container/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "common/rlimits.h"
#include "common/search_path.h"
#include "common/util.h"
#include "guest-agent/base/search.h"
#include "guest-agent/container/capabilities.h"
#include "guest-agent/container/exec_failure.h"

/* What the agent has set at its beginning, main.c. */
static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_streams(const struct workload *w, struct error *err)
{
    if (setsid() < 0 || (w->tty && ioctl(w->input, TIOCSCTTY, 0) < 0))
        return error_errno(err, "cannot lead a session");
    if (dup2(w->input, STDIN_FILENO) < 0 || dup2(w->output, STDOUT_FILENO) < 0 ||
        dup2(w->error_output, STDERR_FILENO) < 0)
        return error_errno(err, "cannot prepare the standard streams");
    /* Whatever else is open is the agent's, or came with it. */
    if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        return error_errno(err, "cannot close descriptors");
    return 0;
}

static rlim_t limit_value(int64_t value)
{
    return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

/* EPERM of setrlimit(2) has two reasons: the kernel's own bound, and our hard limit. */
static int explain_limit(const struct rlimit_config *r, struct error *err)
{
    struct rlimit now;
    AUTO_FREE char *most = NULL;
    bool refused = errno == EPERM;
    error_errno(err, "--ulimit %s: cannot set it", rlimit_names[r->resource]);
    if (!refused)
        return -1;
    if (r->resource == RLIMIT_NOFILE &&
        read_file_at(AT_FDCWD, "/proc/sys/fs/nr_open", 32, &most, NULL, NULL) == 0 &&
        limit_value(r->hard) > strtoull(most, NULL, 10))
        return error_set(err, "--ulimit nofile: the kernel's maximum is %.*s (sysctl fs.nr_open)",
                         (int)strcspn(most, "\n"), most);
    if (getrlimit((__rlimit_resource_t)r->resource, &now) == 0 &&
        limit_value(r->hard) > now.rlim_max)
        return error_set(err,
                         "--ulimit %s: more than the hard limit here, %llu, and no privilege "
                         "to raise it",
                         rlimit_names[r->resource], (unsigned long long)now.rlim_max);
    return -1;
}

static int set_limits(const struct rlimit_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct rlimit_config *r = &list->items[i];
        const struct rlimit limit = {limit_value(r->soft), limit_value(r->hard)};
        if (setrlimit((__rlimit_resource_t)r->resource, &limit) < 0)
            return explain_limit(r, err);
    }
    return 0;
}

/* A guest's agent is exempt from the out-of-memory killer; what it starts is not by itself. */
static int set_oom_score(const struct workload *w, struct error *err)
{
    if (!is_container(w->shape) || w->shape->hosted)
        return 0;
    AUTO_FREE char *text = xasprintf("%lld", (long long)w->process->oom_score_adj);
    return write_file("/proc/self/oom_score_adj", text, err);
}

/* NULL: none are set, and who the user is decides. */
static const struct capability_sets *given_capabilities(const struct workload *w)
{
    if (w->process->has_capabilities)
        return &w->process->capabilities;
    return w->shape->has_capabilities ? &w->shape->capabilities : NULL;
}

static bool wants_no_new_privs(const struct workload *w)
{
    return w->process->has_no_new_privs ? w->process->no_new_privs : w->shape->no_new_privs;
}

/*
 * Needs CAP_SYS_ADMIN or no_new_privs (seccomp(2)): the former is still permitted here, and goes
 * with the next step. So the filter sees one capset(2) and then execve(2).
 */
static int load_filter(const struct workload *w, struct error *err)
{
    const struct byte_string *filter = &w->shape->seccomp;
    struct sock_fprog program = {
        .len = (unsigned short)(filter->length / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)(void *)filter->bytes,
    };
    if (wants_no_new_privs(w) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_errno(err, "cannot set no_new_privs");
    if (program.len == 0)
        return 0;
    if (capabilities_raise(err) < 0)
        return -1;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)w->shape->seccomp_flags, &program) <
        0)
        return error_errno(err, "cannot load the seccomp filter");
    return 0;
}

/*
 * The command is looked up and opened with the rights that it will have. execve(2) makes root's
 * effective set of what is permitted, and everybody else's of the ambient one: capabilities(7).
 */
static int take_rights(const struct workload *w, struct error *err)
{
    const struct capability_sets *given = given_capabilities(w);
    bool is_root = geteuid() == 0;
    struct capability_sets sets = given ? *given : (struct capability_sets){0};
    /* Only the filter needed what a user without sets still holds. */
    if (!given && (is_root || w->shape->seccomp.length == 0))
        return 0;
    if (!is_root)
        sets.effective &= sets.ambient;
    return capabilities_set(&sets, err);
}

static int become(const struct workload *w, struct error *err)
{
    const struct process_config *process = w->process;
    const struct capability_sets *sets = given_capabilities(w);
    if (sets && capabilities_bound(sets->bounding, err) < 0)
        return -1;
    /* Permitted capabilities outlive the change of user: those that are kept are set below. */
    if ((sets || w->shape->seccomp.length > 0) && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return error_errno(err, "cannot keep capabilities");
    if (w->user && user_become(w->user) < 0)
        return error_errno(err, "cannot become user '%s'", process->user ? process->user : "root");
    const char *cwd = process->cwd ? process->cwd : "/";
    if (chdir(cwd) < 0)
        return error_errno(err, "cannot change to the working directory '%.900s'", cwd);
    if (load_filter(w, err) < 0)
        return -1;
    return take_rights(w, err);
}

int workload_exec(const struct workload *w, struct error *err)
{
    struct process_config *process = w->process;
    const struct rlimit_list *limits =
        process->has_rlimits ? &process->rlimits : &w->shape->rlimits;
    AUTO_STRINGS struct strings paths = {0};
    search_paths(process->args.items[0], process->env.items, &paths);
    reset_signals();
    if (set_streams(w, err) < 0)
        return -1;
    umask(022);
    if (set_oom_score(w, err) < 0 || set_limits(limits, err) < 0 || become(w, err) < 0)
        return -1;
    search_exec(strings_argv(&paths), process->args.items, strings_argv(&process->env));
    return exec_failure(strings_argv(&paths), process->args.items[0], errno, err);
}
