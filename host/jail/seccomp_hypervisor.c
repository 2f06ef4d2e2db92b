#include "host/jail/seccomp_hypervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/util.h"
#include "host/base/seccomp.h"

/* Newer than some C libraries. */
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/*
 * A machine that reads a tree: calls seen with strace(1) in runs of QEMU 7.2, and close variants of
 * them.
 */
static const int always[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(msync),
    SCMP_SYS(mincore),
    /* threads and time */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_gettime),
    SCMP_SYS(timer_getoverrun),
    SCMP_SYS(timer_delete),
    /* signals of its own */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(signalfd),
    SCMP_SYS(signalfd4),
    /* what it is and where */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcwd),
    SCMP_SYS(getrlimit),
    /* descriptors it has */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(preadv2),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(lseek),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd),
    SCMP_SYS(eventfd2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    /* connected sockets it has been given */
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    /* files, to read */
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getxattr),
    SCMP_SYS(lgetxattr),
    SCMP_SYS(fgetxattr),
    SCMP_SYS(listxattr),
    SCMP_SYS(llistxattr),
    SCMP_SYS(flistxattr),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fchdir),
    SCMP_SYS(umask),
    /* its own -sandbox, which can only remove rights */
    SCMP_SYS(seccomp),
};

/* Contents of open files: a disk image, or a writable tree. */
static const int contents[] = {
    SCMP_SYS(pwrite64),        SCMP_SYS(pwritev),   SCMP_SYS(pwritev2), SCMP_SYS(ftruncate),
    SCMP_SYS(copy_file_range), SCMP_SYS(fdatasync), SCMP_SYS(fsync),    SCMP_SYS(sync_file_range),
};

/*
 * Memory in a file, and a channel for requests from the other process that maps it: vhost-user.
 */
static const int sharing[] = {SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(socketpair)};

/* Changes to a tree. */
static const int changes[] = {
    SCMP_SYS(mkdirat),   SCMP_SYS(mknodat),     SCMP_SYS(unlinkat),     SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(linkat),      SCMP_SYS(symlinkat),    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),    SCMP_SYS(fchmodat),    SCMP_SYS(fchown),       SCMP_SYS(fchownat),
    SCMP_SYS(utimensat), SCMP_SYS(truncate),    SCMP_SYS(setxattr),     SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
};

/* QEMU's own user network: internet sockets, see add_sockets(). */
static const int sockets[] = {SCMP_SYS(bind), SCMP_SYS(connect)};
/* A debugger's connection, libvirt's channels: on sockets that are already bound. */
static const int listens[] = {SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)};

/* No hypervisor calls these: only an intruder does. */
static const int deadly[] = {
    /* other programs and other processes */
    SCMP_SYS(execve),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(rt_sigqueueinfo),
    /* mounts and namespaces */
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    /* ids and capabilities */
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    /* large parts of the kernel that are not needed here */
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(personality),
    SCMP_SYS(vmsplice),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    /* the host itself */
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(acct),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(syslog),
    SCMP_SYS(vhangup),
};

/* No TIOCSTI, no FICLONE, no flags of file systems. */
static const unsigned long terminal_requests[] = {TCGETS, FIONBIO, FIONREAD, FS_IOC_GETVERSION};
static const unsigned long tap_requests[] = {
    TUNGETIFF,       TUNGETFEATURES,  TUNSETOFFLOAD, TUNSETSNDBUF,
    TUNGETVNETHDRSZ, TUNSETVNETHDRSZ, TUNSETVNETLE,  TUNSETVNETBE,
};
/*
 * No leases and locks, which block other users' programs on the files of a share, and no signals.
 */
static const unsigned long fcntl_commands[] = {
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETPIPE_SZ,
};
static const unsigned long prctl_options[] = {
    PR_SET_NAME,    PR_GET_NAME,       PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_SECCOMP,
    PR_GET_SECCOMP, PR_SET_TIMERSLACK, PR_CAPBSET_READ,     PR_SET_VMA};

/*
 * No access to sockets of the host's programs, which are AF_UNIX, with a path or, in the host's
 * network, abstract. No programs on a socket: SO_ATTACH_FILTER and the like.
 */
static int add_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    static const struct {
        int level, option;
    } options[] = {
        {SOL_SOCKET, SO_REUSEADDR},
        {SOL_SOCKET, SO_OOBINLINE},
        {SOL_SOCKET, SO_KEEPALIVE},
        {IPPROTO_TCP, TCP_NODELAY},
        {IPPROTO_IP, IP_TTL},
        {IPPROTO_IP, IP_TOS},
        {IPPROTO_IP, IP_RECVERR},
        {IPPROTO_IPV6, IPV6_V6ONLY},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        {IPPROTO_IPV6, IPV6_RECVERR},
    };
    int result = 0;
    for (size_t i = 0; i < ARRAY_LEN(families) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
    for (size_t i = 0; i < ARRAY_LEN(options) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                                  SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)options[i].level),
                                  SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)options[i].option));
    return result;
}

#define ADD(filter, action, list) seccomp_filter_add(filter, action, list, ARRAY_LEN(list))
#define ADD_VALUES(filter, call, argument, list)                                                   \
    seccomp_filter_add_values(filter, SCMP_SYS(call), argument, list, ARRAY_LEN(list))

/* Calls that are harmless only with some arguments. */
static int add_restricted(scmp_filter_ctx filter, int exec_fd)
{
    int result = ADD_VALUES(filter, fcntl, 1, fcntl_commands);
    if (result == 0)
        result = ADD_VALUES(filter, prctl, 0, prctl_options);
    if (result == 0)
        result = ADD_VALUES(filter, ioctl, 1, terminal_requests);
    if (result == 0)
        result = seccomp_filter_allow_threads(filter);
    /* It is process 1 of its namespace: signals only to its own threads. */
    if (result == 0)
        result =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, 1));
    if (result == 0)
        result = seccomp_filter_allow_exec(filter, exec_fd);
    return result;
}

/*
 * Memory that a guest gives back: QEMU punches a hole in its file, and drops its mapping. A file
 * that it maps privately is not its to change: it is told that the hole exists (7.2 gives up
 * otherwise), and drops its copy. The file's page is then mapped there again; a guest expects
 * nothing from a page that it has given back. From its disk a guest does expect zeros where it
 * asked for them, so the memory file is recognized by its number.
 */
static int add_holes(scmp_filter_ctx filter, const struct jail_needs *needs, int memory_fd)
{
    bool files = needs->writes || needs->disk;
    if (needs->copy) {
        const scmp_datum_t memory = (scmp_datum_t)memory_fd;
        int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(fallocate), 1,
                                      SCMP_A0_32(SCMP_CMP_EQ, memory));
        if (result == 0 && files)
            result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fallocate), 1,
                                      SCMP_A0_32(SCMP_CMP_NE, memory));
        return result;
    }
    if (files || needs->memory || needs->shared)
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fallocate), 0);
    return 0;
}

static int add_needs(scmp_filter_ctx filter, const struct jail_needs *needs, int memory_fd)
{
    int result = add_holes(filter, needs, memory_fd);
    if (result == 0 && (needs->writes || needs->disk))
        result = ADD(filter, SCMP_ACT_ALLOW, contents);
    if (result == 0 && needs->writes)
        result = ADD(filter, SCMP_ACT_ALLOW, changes);
    if (result == 0 && needs->shared)
        result = ADD(filter, SCMP_ACT_ALLOW, sharing);
    /* libvirt tells QEMU to seal the memory that it makes. */
    if (result == 0 && needs->shared)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, F_ADD_SEALS));
    if (result == 0 && needs->sockets)
        result = ADD(filter, SCMP_ACT_ALLOW, sockets);
    if (result == 0 && (needs->sockets || needs->listens))
        result = ADD(filter, SCMP_ACT_ALLOW, listens);
    if (result == 0 && needs->sockets)
        result = add_sockets(filter);
    if (result == 0 && needs->tap)
        result = ADD_VALUES(filter, ioctl, 1, tap_requests);
    if (result == 0 && needs->kvm)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, KVMIO << 8));
    return result;
}

int jail_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err)
{
    scmp_filter_ctx filter = seccomp_filter_new(SCMP_ACT_ERRNO(ENOSYS), err);
    if (!filter)
        return -1;
    int result = ADD(filter, SCMP_ACT_ALLOW, always);
    if (result == 0)
        result = add_restricted(filter, exec_fd);
    if (result == 0)
        result = add_needs(filter, needs, JAIL_MEMORY_NUMBER(exec_fd));
    if (result == 0)
        result = ADD(filter, SCMP_ACT_KILL_PROCESS, deadly);
    return seccomp_filter_load(filter, result, err);
}
