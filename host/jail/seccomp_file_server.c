#include "host/jail/seccomp_file_server.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>

#include "common/util.h"
#include "host/base/seccomp.h"

/* Seen with strace(1) in runs of QEMU 7.2's server and of the Rust one, version 1.13. */
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
    SCMP_SYS(sigaltstack),
    /* what it is */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getrandom),
    /* its own sandbox, which can only remove rights */
    SCMP_SYS(capget),
    SCMP_SYS(capset),
    SCMP_SYS(chroot),
    SCMP_SYS(seccomp),
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
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    /* files, to read */
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
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

/* To change them. */
static const int changes[] = {
    /* contents */
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(pwritev2),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(copy_file_range),
    /* names; a device needs CAP_MKNOD, which no jail has */
    SCMP_SYS(mkdirat),
    SCMP_SYS(mknodat),
    SCMP_SYS(symlinkat),
    SCMP_SYS(linkat),
    SCMP_SYS(unlinkat),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    /* attributes */
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(fchownat),
    SCMP_SYS(utimensat),
    SCMP_SYS(setxattr),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr),
    SCMP_SYS(fremovexattr),
    /* as one of the user namespace's ids */
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
};

/* To write changes to the disk. If there are none, a guest takes ENOSYS for success. */
static const int flushes[] = {
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(syncfs),
};

/* No locks and no signals: they reach other users' programs through the files of a share. */
static const unsigned long fcntl_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
                                               F_SETFD, F_GETFL,         F_SETFL};
/* libcap-ng's, and those of its own filter. */
static const unsigned long prctl_options[] = {
    PR_CAPBSET_READ,     PR_CAPBSET_DROP,     PR_CAP_AMBIENT, PR_GET_SECUREBITS,
    PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_NAME,
};

/* Calls that are harmless only with some arguments. */
static int add_restricted(scmp_filter_ctx filter)
{
    int result = seccomp_filter_add_values(filter, SCMP_SYS(fcntl), 1, fcntl_commands,
                                           ARRAY_LEN(fcntl_commands));
    if (result == 0)
        result = seccomp_filter_add_values(filter, SCMP_SYS(prctl), 0, prctl_options,
                                           ARRAY_LEN(prctl_options));
    /* Each of its threads has a current directory of its own. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unshare), 1,
                                  SCMP_A0(SCMP_CMP_EQ, CLONE_FS));
    return result == 0 ? seccomp_filter_allow_threads(filter) : result;
}

int file_server_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err)
{
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_ERRNO(ENOSYS), err);
    if (!filter)
        return -1;
    int result = seccomp_filter_add(filter, SCMP_ACT_ALLOW, calls, ARRAY_LEN(calls));
    /* A guest that has mounted its side writable learns that the host's side is read-only. */
    if (result == 0)
        result = seccomp_filter_add(filter, needs->writes ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EROFS),
                                    changes, ARRAY_LEN(changes));
    if (result == 0 && needs->writes)
        result = seccomp_filter_add(filter, SCMP_ACT_ALLOW, flushes, ARRAY_LEN(flushes));
    if (result == 0)
        result = add_restricted(filter);
    if (result == 0)
        result = seccomp_filter_allow_exec(filter, exec_fd);
    return seccomp_filter_load(filter, result, err);
}
