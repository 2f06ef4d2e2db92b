#include "host/file_server_seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "common/util.h"
#include "host/seccomp_filter.h"

/* Seen in runs of QEMU 7.2's with strace(1). */
static const int calls[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    /* threads and time */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    /* signals of its own */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    /* what it is */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getrandom),
    /* its own sandbox, which can only take away */
    SCMP_SYS(capget),
    SCMP_SYS(capset),
    SCMP_SYS(chroot),
    SCMP_SYS(seccomp),
    SCMP_SYS(prctl),
    SCMP_SYS(umask),
    /* descriptors it has */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(dup),
    SCMP_SYS(eventfd2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(accept),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    /* files, to read */
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getxattr),
    SCMP_SYS(fgetxattr),
    SCMP_SYS(listxattr),
    SCMP_SYS(flistxattr),
    SCMP_SYS(chdir),
    SCMP_SYS(fchdir),
};

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACE_FLAGS                                                                            \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET | CSIGNAL)

/* No locks and no signals, which reach others' programs through the files of a share. */
static const int fcntl_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};

/* Calls of which only a part is harmless. */
static int add_restricted(scmp_filter_ctx filter, int exec_fd)
{
    int result = 0;
    for (size_t i = 0; i < ARRAY_LEN(fcntl_commands) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_commands[i]));
    if (result == 0)
        result = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
            SCMP_A0(SCMP_CMP_MASKED_EQ, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS));
    /* Each of its threads has a current directory of its own. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unshare), 1,
                                  SCMP_A0(SCMP_CMP_EQ, CLONE_FS));
    /* Reads limits, sets none. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                  SCMP_A2(SCMP_CMP_EQ, 0));
#ifdef __x86_64__
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(arch_prctl), 0);
#endif
    if (result == 0)
        result = seccomp_filter_allow_exec(filter, exec_fd);
    return result;
}

int file_server_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err)
{
    (void)needs;
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_ERRNO(ENOSYS), err);
    if (!filter)
        return -1;
    int result = seccomp_filter_add(filter, SCMP_ACT_ALLOW, calls, ARRAY_LEN(calls));
    if (result == 0)
        result = add_restricted(filter, exec_fd);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return seccomp_filter_result(result, "cannot load the system call filter", err);
}
