#include "host/jail/seccomp_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/seccomp.h"

/*
 * The calls of a running kernel, at most 30: exactly those seen with strace(1) while the whole
 * suite ran on it.
 */
static const int running[] = {
    /* lines, and files of the root file system */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(close),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(getdents64),
    SCMP_SYS(lseek),
    SCMP_SYS(statfs),
    /* its programs' processes and memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(ptrace),
    SCMP_SYS(wait4),
    SCMP_SYS(kill),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    /* interrupts and the clock */
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(timer_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(fcntl),
    SCMP_SYS(exit_group),
    SCMP_SYS(timer_gettime),
    SCMP_SYS(rt_sigsuspend),
};

/* Changes to writable trees. */
static const int writing[] = {
    SCMP_SYS(pwrite64),  SCMP_SYS(ftruncate), SCMP_SYS(truncate), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(mkdir),     SCMP_SYS(rmdir),    SCMP_SYS(unlink),
    SCMP_SYS(rename),    SCMP_SYS(renameat2), SCMP_SYS(link),     SCMP_SYS(symlink),
    SCMP_SYS(mknodat),   SCMP_SYS(chmod),     SCMP_SYS(fchmod),   SCMP_SYS(chown),
    SCMP_SYS(fchown),    SCMP_SYS(lchown),    SCMP_SYS(utimes),   SCMP_SYS(futimesat),
    SCMP_SYS(utimensat), SCMP_SYS(dup2),
};

/*
 * In addition to all of those: the C library's start, tests by the kernel, the file for its memory.
 */
static const int starting[] = {
    SCMP_SYS(brk),          SCMP_SYS(getpid),          SCMP_SYS(sched_getaffinity),
    SCMP_SYS(arch_prctl),   SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list),
    SCMP_SYS(prlimit64),    SCMP_SYS(uname),           SCMP_SYS(getrandom),
    SCMP_SYS(setsid),       SCMP_SYS(getppid),         SCMP_SYS(timer_create),
    SCMP_SYS(epoll_create), SCMP_SYS(access),          SCMP_SYS(ioctl),
    SCMP_SYS(newfstatat),   SCMP_SYS(prctl),
};

#define ADD(filter, list) seccomp_filter_add(filter, SCMP_ACT_ALLOW, list, ARRAY_LEN(list))

/* A new process without a new namespace: fork(2). CLONE_NEWTIME lies in the bits of the signal. */
static int add_clone(scmp_filter_ctx filter)
{
    static const scmp_datum_t allowed = CLONE_FILES | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    return seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
        SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX & ~allowed, (scmp_datum_t)SIGCHLD));
}

/* Only for reading, unless a tree is writable. */
static int add_open(scmp_filter_ctx filter, bool writes)
{
    if (writes)
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0);
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ,
                                    O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY),
                                    O_RDONLY));
}

int kernel_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err)
{
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_ERRNO(ENOSYS), err);
    (void)needs; /* the file with its memory is always writable */
    if (!filter)
        return -1;
    int result = ADD(filter, running);
    if (result == 0)
        result = ADD(filter, writing);
    if (result == 0)
        result = ADD(filter, starting);
    if (result == 0)
        result = add_clone(filter);
    if (result == 0)
        result = add_open(filter, true);
    if (result == 0)
        result = seccomp_filter_allow_exec(filter, exec_fd);
    return seccomp_filter_load(filter, result, err);
}

int kernel_seccomp_file(bool writes, int *ret_fd, struct error *err)
{
    AUTO_CLOSE int fd = memfd_create("vmc-filter", MFD_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot make a file in memory");
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_KILL_PROCESS, err);
    if (!filter)
        return -1;
    int result = ADD(filter, running);
    if (result == 0 && writes)
        result = ADD(filter, writing);
    if (result == 0)
        result = add_clone(filter);
    if (result == 0)
        result = add_open(filter, writes);
    if (result == 0)
        result = seccomp_export_bpf(filter, fd);
    seccomp_release(filter);
    if (seccomp_filter_result(result, "cannot make a system call filter", err) < 0)
        return -1;
    *ret_fd = take_fd(&fd);
    return 0;
}
