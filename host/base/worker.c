#include "host/base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/util.h"

#define NOBODY 65534

/* Moves the needed descriptors to the numbers from 3 on and closes everything else. */
static int keep_only(const struct own_process *what)
{
    int end = OWN_PROCESS_FDS + (int)what->count;
    int *moved = xcalloc(what->count, sizeof(*moved));
    for (size_t i = 0; i < what->count; i++)
        if ((moved[i] = fcntl(what->fds[i], F_DUPFD, end)) < 0)
            return -1;
    for (size_t i = 0; i < what->count; i++)
        dup2(moved[i], OWN_PROCESS_FDS + (int)i);
    free(moved);
    close_range((unsigned)end, ~0u, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < OWN_PROCESS_FDS; i++)
        dup2(null, i);
    close(null);
    return 0;
}

/* Room for all descriptors at once: a process that cannot accept any would spin. */
static int raise_limit(rlim_t needed)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return -1;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        return -1;
    return files.rlim_cur < needed ? -1 : 0;
}

static int load_filter(const struct own_process *what)
{
    static const int common[] = {
        SCMP_SYS(poll),       SCMP_SYS(ppoll),         SCMP_SYS(brk),
        SCMP_SYS(mmap),       SCMP_SYS(munmap),        SCMP_SYS(mremap),
        SCMP_SYS(madvise),    SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall),
        SCMP_SYS(exit_group),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int result = filter ? 0 : -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(common) + what->call_count && result == 0; i++) {
        int call = i < ARRAY_LEN(common) ? common[i] : what->calls[i - ARRAY_LEN(common)];
        if (call >= 0)
            result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    }
    if (result == 0 && what->more)
        result = what->more(filter);
    if (result == 0)
        result = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return result;
}

/* It needs only the rights of the user nobody. */
static int shut_in(const struct own_process *what)
{
    if (keep_only(what) < 0 || raise_limit(what->files) < 0)
        return -1;
    setsid();
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, what->name);
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                           setresuid(NOBODY, NOBODY, NOBODY) < 0))
        return -1;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /*
     * After the change of ids, which clears it: prctl(2). If vmc ends earlier, the descriptors show
     * it.
     */
    return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -1 : load_filter(what);
}

int own_process_start(const struct own_process *what, struct child_process *ret, struct error *err)
{
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (shut_in(what) == 0)
            what->serve(what->arg);
        _exit(STATUS_VMC_FAILED);
    }
    if (pid < 0)
        return error_errno(err, "cannot fork");
    ret->pid = pid;
    ret->pidfd = pidfd_open(pid, 0);
    return ret->pidfd < 0 ? error_errno(err, "pidfd_open") : 0;
}
