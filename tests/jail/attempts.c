#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

/* Numbers that older headers lack. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif

char share_path[1024] = "/share";
static char inside_share[1100];
static char scratch[4096];

#define P(pointer) ((long)(pointer))
#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, false, SYS_##name, {__VA_ARGS__ }, NULL                                             \
    }
#define NAMED(text, name, ...)                                                                     \
    {                                                                                              \
        text, false, SYS_##name, {__VA_ARGS__}, NULL                                               \
    }
#define DEADLY(name, ...)                                                                          \
    {                                                                                              \
#name, true, SYS_##name, {__VA_ARGS__ }, NULL                                              \
    }
#define READ(path)                                                                                 \
    {                                                                                              \
        "read " path, false, SYS_openat, {AT_FDCWD, P(path), O_RDONLY | O_NONBLOCK}, NULL          \
    }
#define WRITE(path)                                                                                \
    {                                                                                              \
        "write " path, false, SYS_openat, {AT_FDCWD, P(path), O_WRONLY | O_NONBLOCK}, NULL         \
    }
#define CREATE(path)                                                                               \
    {                                                                                              \
        "create " path, false, SYS_openat, {AT_FDCWD, P(path), O_WRONLY | O_CREAT, 0666}, NULL     \
    }
#define SOCKET(family)                                                                             \
    {                                                                                              \
        "socket " #family, false, SYS_socket, {family, SOCK_DGRAM, 0}, NULL                        \
    }
#define FUNCTION(text, function)                                                                   \
    {                                                                                              \
        text, false, 0, {0}, function                                                              \
    }
#define DEADLY_FUNCTION(text, function)                                                            \
    {                                                                                              \
        text, true, 0, {0}, function                                                               \
    }

/* Above the root of the share. */
static long climb(void)
{
    int dir = open(share_path, O_RDONLY | O_DIRECTORY);
    return dir < 0 ? dir : openat(dir, "../../../../../../../../etc/passwd", O_RDONLY);
}

static long share_write(void)
{
    return open(inside_share, O_WRONLY | O_CREAT, 0666);
}

/*
 * A read-only mount does not prevent that: a fifo's contents are not in the file system.
 */
static long write_fifo(void)
{
    char path[1200];
    snprintf(path, sizeof(path), "%s/fifo", share_path);
    return open(path, O_RDWR | O_NONBLOCK);
}

static long share_unnamed(void)
{
    return open(share_path, O_TMPFILE | O_RDWR, 0600);
}

/* The only descriptor that execveat(2) is allowed for: the first beyond the limit. */
static long reach_exec_descriptor(void)
{
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0)
        return -1;
    int fd = open("/proc/self/exe", O_RDONLY);
    return fd < 0 ? -1 : dup2(fd, (int)limit.rlim_max);
}

static long execute_descriptor(void)
{
    struct rlimit limit;
    char *const none[] = {NULL};
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0)
        return -1;
    return syscall(SYS_execveat, limit.rlim_max, "", none, none, AT_EMPTY_PATH);
}

static long execute_other_descriptor(void)
{
    char *const none[] = {NULL};
    int fd = open("/proc/self/exe", O_RDONLY);
    return fd < 0 ? -1 : syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH);
}

static long raise_descriptor_limit(void)
{
    struct rlimit more = {.rlim_cur = 1u << 20, .rlim_max = 1u << 20};
    return setrlimit(RLIMIT_NOFILE, &more);
}

/* Locks a file of the share against the host's own programs. */
static long lock_file(void)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open("/proc/self/exe", O_RDONLY);
    return fd < 0 ? -1 : fcntl(fd, F_SETLK, &lock);
}

static long lock_open_file(void)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open("/proc/self/exe", O_RDONLY);
    return fd < 0 ? -1 : fcntl(fd, F_OFD_SETLK, &lock);
}

/* A program in the kernel for the input of a channel. */
static long attach_filter(void)
{
    struct sock_filter code[] = {{.code = 0x06, .k = 0xffffffff}};
    struct sock_fprog program = {.len = 1, .filter = code};
    return setsockopt(3, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static long write_program(void)
{
    return open("/proc/self/exe", O_WRONLY);
}

/* Writes into a mapping of a host file. */
static long map_shared(void)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? -1 : 0;
}

/* Another way to open(2): no link in /proc leads out. */
static long read_through_proc(void)
{
    return open("/proc/1/root/etc/passwd", O_RDONLY);
}

static long read_through_null(void)
{
    return open("/proc/self/fd/0/../../etc/passwd", O_RDONLY);
}

static long old_call_gate(void)
{
#ifdef __x86_64__
    long result = 20; /* getpid, of 32-bit programs */
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result;
#else
    raise(SIGSYS);
    return -1;
#endif
}

static long x32_call(void)
{
    return syscall(0x40000000 + SYS_getpid);
}

static const struct attempt attempts[] = {
    /* host files; not a directory that may hold a checkout or TMPDIR, and so QEMU's files */
    READ("/etc/passwd"),
    READ("/etc/shadow"),
    READ("/etc/hostname"),
    READ("/etc/ld.so.cache"),
    READ("/etc/fstab"),
    READ("/root/.ssh"),
    READ("/root/.bashrc"),
    READ("/var/log"),
    READ("/var/lib"),
    READ("/bin/sh"),
    READ("/usr/bin/sh"),
    READ("/sbin"),
    READ("/boot"),
    READ("/usr/bin/env"),
    READ("/usr/lib/os-release"),
    READ("/usr/sbin"),
    READ("/sys"),
    READ("/sys/fs/cgroup"),
    READ("/sys/kernel"),
    READ("/dev/null"),
    READ("/dev/zero"),
    READ("/dev/urandom"),
    READ("/dev/kvm"),
    READ("/dev/mem"),
    READ("/dev/vda"),
    READ("/dev/sda"),
    READ("/dev/tty"),
    READ("/dev/ptmx"),
    READ("/dev/fuse"),
    READ("/dev/net/tun"),
    READ("/dev/shm"),
    READ("/dev/vsock"),
    READ("/dev/loop-control"),
    READ("/proc/2/status"),
    READ("/proc/sys/kernel/hostname"),
    READ("/proc/kcore"),
    READ("/proc/kallsyms"),
    READ("/proc/keys"),
    READ("/proc/sysrq-trigger"),
    READ("/proc/mounts"),
    READ("/proc/cmdline"),
    READ("/proc/modules"),
    READ("/proc/net/unix"),
    FUNCTION("climb out of the share", climb),
    FUNCTION("read through /proc", read_through_proc),
    FUNCTION("read through a descriptor", read_through_null),
    /* writing anything */
    CREATE("/x"),
    CREATE("/tmp/x"),
    CREATE("/dev/x"),
    CREATE("/etc/x"),
    CREATE("/proc/x"),
    CREATE("/usr/x"),
    CREATE("/run/x"),
    WRITE("/proc/self/mem"),
    WRITE("/proc/self/oom_score_adj"),
    WRITE("/proc/self/uid_map"),
    WRITE("/proc/self/setgroups"),
    WRITE("/proc/self/coredump_filter"),
    WRITE("/proc/self/clear_refs"),
    WRITE("/proc/self/comm"),
    WRITE("/proc/self/timerslack_ns"),
    WRITE("/proc/self/loginuid"),
    WRITE("/proc/sys/kernel/core_pattern"),
    FUNCTION("create in the share", share_write),
    FUNCTION("unnamed file in the share", share_unnamed),
    FUNCTION("write to a fifo in the share", write_fifo),
    FUNCTION("write its program", write_program),
    FUNCTION("map its program", map_shared),
    NAMED("unnamed file", openat, AT_FDCWD, P("/"), O_TMPFILE | O_RDWR, 0600),
    CALL(creat, P(inside_share), 0666),
    CALL(mkdir, P(inside_share), 0777),
    CALL(mkdirat, AT_FDCWD, P(inside_share), 0777),
    CALL(rmdir, P(share_path)),
    CALL(unlink, P("/proc/self/exe")),
    CALL(unlinkat, AT_FDCWD, P(share_path), AT_REMOVEDIR),
    CALL(rename, P(share_path), P(inside_share)),
    CALL(renameat, AT_FDCWD, P(share_path), AT_FDCWD, P(inside_share)),
    CALL(renameat2, AT_FDCWD, P(share_path), AT_FDCWD, P(inside_share), 0),
    CALL(link, P("/proc/self/exe"), P(inside_share)),
    CALL(linkat, AT_FDCWD, P("/proc/self/exe"), AT_FDCWD, P(inside_share), AT_SYMLINK_FOLLOW),
    CALL(symlink, P("/etc"), P(inside_share)),
    CALL(symlinkat, P("/etc"), AT_FDCWD, P(inside_share)),
    NAMED("mknod fifo", mknod, P(inside_share), S_IFIFO | 0666, 0),
    NAMED("mknod device", mknod, P(inside_share), S_IFCHR | 0666, 0x103),
    NAMED("mknodat disk", mknodat, AT_FDCWD, P(inside_share), S_IFBLK | 0666, 0xfe00),
    CALL(chmod, P(share_path), 0777),
    CALL(fchmod, 0, 0777),
    CALL(fchmodat, AT_FDCWD, P(share_path), 0777),
    CALL(chown, P(share_path), 1, 1),
    CALL(lchown, P(share_path), 1, 1),
    CALL(fchown, 0, 1, 1),
    CALL(fchownat, AT_FDCWD, P(share_path), 1, 1, 0),
    CALL(truncate, P("/proc/self/exe"), 0),
    CALL(ftruncate, 0, 0),
    CALL(fallocate, 0, 0, 0, 4096),
    CALL(utime, P(share_path), 0),
    CALL(utimes, P(share_path), 0),
    CALL(utimensat, AT_FDCWD, P(share_path), 0, 0),
    CALL(setxattr, P(share_path), P("user.x"), P("x"), 1, 0),
    CALL(lsetxattr, P(share_path), P("trusted.x"), P("x"), 1, 0),
    CALL(fsetxattr, 0, P("user.x"), P("x"), 1, 0),
    CALL(removexattr, P(share_path), P("user.x")),
    CALL(copy_file_range, 0, 0, 0, 0, 1, 0),
    CALL(sync),
    CALL(syncfs, 0),
    CALL(flock, 0, 1),
    CALL(openat2, AT_FDCWD, P("/"), P(scratch), 24),
    /* sockets */
    SOCKET(AF_UNIX),
    SOCKET(AF_INET),
    SOCKET(AF_AX25),
    SOCKET(AF_IPX),
    SOCKET(AF_APPLETALK),
    SOCKET(AF_X25),
    SOCKET(AF_INET6),
    SOCKET(AF_KEY),
    SOCKET(AF_NETLINK),
    SOCKET(AF_PACKET),
    SOCKET(AF_RDS),
    SOCKET(AF_LLC),
    SOCKET(AF_CAN),
    SOCKET(AF_TIPC),
    SOCKET(AF_BLUETOOTH),
    SOCKET(AF_ALG),
    SOCKET(AF_NFC),
    SOCKET(AF_VSOCK),
    SOCKET(AF_KCM),
    SOCKET(AF_QIPCRTR),
    SOCKET(AF_SMC),
    SOCKET(AF_XDP),
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, P(scratch)),
    CALL(bind, 3, P(scratch), 16),
    CALL(connect, 3, P(scratch), 16),
    CALL(listen, 3, 1),
    CALL(accept, 3, 0, 0),
    CALL(accept4, 3, 0, 0, 0),
    /* memory and messages of other processes */
    CALL(shmget, 0, 4096, 01666),
    CALL(shmat, 0, 0, 0),
    CALL(semget, 0, 1, 01666),
    CALL(msgget, 0, 01666),
    CALL(mq_open, P("x"), O_RDWR | O_CREAT, 0666, 0),
    CALL(mq_unlink, P("x")),
    CALL(memfd_create, P("x"), 0),
    CALL(memfd_secret, 0),
    CALL(mlockall, 1),
    CALL(mlock, P(scratch), 4096),
    CALL(mbind, P(scratch), 4096, 0, 0, 0, 0),
    CALL(set_mempolicy, 0, 0, 0),
    CALL(remap_file_pages, P(scratch), 4096, 0, 0, 0),
    CALL(splice, 0, 0, 1, 0, 1, 0),
    CALL(tee, 0, 1, 1, 0),
    CALL(sendfile, 1, 0, 0, 1),
    /* other processes */
    NAMED("kill everybody", kill, -1, SIGTERM),
    NAMED("kill its group", kill, 0, SIGTERM),
    NAMED("kill process 1", kill, 1, SIGTERM),
    NAMED("kill process 2", kill, 2, SIGTERM),
    CALL(tkill, 2, SIGTERM),
    CALL(tgkill, 2, 2, SIGTERM),
    CALL(rt_tgsigqueueinfo, 2, 2, SIGTERM, P(scratch)),
    CALL(pidfd_open, 1, 0),
    CALL(setpgid, 0, 0),
    CALL(setsid),
    CALL(setpriority, 0, 0, -20),
    CALL(sched_setaffinity, 0, 8, P(scratch)),
    CALL(sched_setscheduler, 0, 1, P(scratch)),
    CALL(sched_setparam, 0, P(scratch)),
    CALL(sched_setattr, 0, P(scratch), 0),
    CALL(ioprio_set, 1, 0, 0),
    FUNCTION("raise a limit", raise_descriptor_limit),
    NAMED("clone process", clone, SIGCHLD),
    NAMED("clone user", clone, CLONE_NEWUSER | SIGCHLD),
    NAMED("clone mounts", clone, CLONE_NEWNS | SIGCHLD),
    NAMED("clone network", clone, CLONE_NEWNET | SIGCHLD),
    NAMED("clone pid", clone, CLONE_NEWPID | SIGCHLD),
    NAMED("clone ipc", clone, CLONE_NEWIPC | SIGCHLD),
    NAMED("clone thread and user", clone,
          CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER),
    CALL(clone3, P(scratch), 64),
    /* programs */
    NAMED("execveat by name", execveat, AT_FDCWD, P("/proc/self/exe"), 0, 0, 0),
    FUNCTION("execveat of a descriptor", execute_other_descriptor),
    FUNCTION("execveat of the descriptor", execute_descriptor),
    FUNCTION("the descriptor for execveat", reach_exec_descriptor),
    CALL(uselib, P("/proc/self/exe")),
    /* parts of the kernel */
    CALL(io_uring_setup, 1, P(scratch)),
    CALL(io_setup, 1, P(scratch)),
    CALL(io_destroy, 0),
    CALL(inotify_init1, 0),
    CALL(statmount, P(scratch), P(scratch), 64, 0),
    CALL(listmount, P(scratch), P(scratch), 8, 0),
    CALL(pkey_alloc, 0, 0),
    CALL(landlock_create_ruleset, 0, 0, 1),
    CALL(ustat, 0, P(scratch)),
    CALL(sysfs, 3),
    CALL(getpriority, 0, 0),
    CALL(arch_prctl, ARCH_SET_GS, 0),
    CALL(arch_prctl, 0x1012, 0),
    /* settings that a process may change for itself */
    NAMED("prctl dumpable", prctl, PR_SET_DUMPABLE, 0),
    NAMED("prctl pdeathsig", prctl, 1, 0),
    NAMED("prctl keepcaps", prctl, PR_SET_KEEPCAPS, 1),
    NAMED("prctl securebits", prctl, PR_SET_SECUREBITS, 1),
    NAMED("prctl mm", prctl, PR_SET_MM, 1, 0, 0, 0),
    NAMED("prctl ptracer", prctl, 0x59616d61, -1),
    NAMED("prctl subreaper", prctl, PR_SET_CHILD_SUBREAPER, 1),
    NAMED("prctl ambient", prctl, PR_CAP_AMBIENT, 2, 1, 0, 0),
    NAMED("prctl bounding", prctl, PR_CAPBSET_DROP, 1),
    NAMED("prctl tsc", prctl, PR_SET_TSC, 1),
    NAMED("prctl thp", prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0),
    NAMED("prctl speculation", prctl, PR_SET_SPECULATION_CTRL, 0, 2, 0, 0),
    NAMED("prctl new privileges", prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0),
    NAMED("prctl no seccomp", prctl, PR_SET_SECCOMP, 0, 0),
    NAMED("prctl core", prctl, 62, 1, 0, 0),
    FUNCTION("lock a file", lock_file),
    FUNCTION("lock an open file", lock_open_file),
    FUNCTION("attach a filter", attach_filter),
    NAMED("fcntl lease", fcntl, 0, F_SETLEASE, F_WRLCK),
    NAMED("fcntl notify", fcntl, 0, 1026, 1),
    NAMED("fcntl signal", fcntl, 0, F_SETSIG, SIGIO),
    NAMED("fcntl owner", fcntl, 0, F_SETOWN, 1),
    NAMED("fcntl pipe", fcntl, 1, F_SETPIPE_SZ, 1 << 20),
    NAMED("ioctl sti", ioctl, 0, TIOCSTI, P("x")),
    NAMED("ioctl tty", ioctl, 0, TIOCSCTTY, 1),
    NAMED("ioctl clone", ioctl, 1, FICLONE, 0),
    NAMED("ioctl flags", ioctl, 0, FS_IOC_SETFLAGS, 0),
    NAMED("ioctl tun", ioctl, 0, TUNSETIFF, P(scratch)),
    NAMED("ioctl kvm", ioctl, 0, KVM_CREATE_VM, 0),
    NAMED("ioctl discard", ioctl, 0, BLKDISCARD, 0),
    NAMED("ioctl interfaces", ioctl, 3, 0x8912, P(scratch)),
    NAMED("ioctl linux", ioctl, 0, 0x541c, P(scratch)),

    /* what ends an intruder */
    DEADLY(execve, P("/proc/self/exe"), 0, 0),
    DEADLY(fork),
    DEADLY(vfork),
    DEADLY(ptrace, 0, 0, 0),
    DEADLY(process_vm_readv, 1, P(scratch), 1, P(scratch), 1, 0),
    DEADLY(process_vm_writev, 1, P(scratch), 1, P(scratch), 1, 0),
    DEADLY(process_madvise, 0, P(scratch), 1, 0, 0),
    DEADLY(kcmp, 1, 1, 0, 0, 0),
    DEADLY(pidfd_getfd, 0, 0, 0),
    DEADLY(pidfd_send_signal, 0, 0, 0, 0),
    DEADLY(rt_sigqueueinfo, 1, SIGTERM, P(scratch)),
    DEADLY(mount, P("none"), P("/"), P("tmpfs"), 0, 0),
    DEADLY(umount2, P("/proc"), 2),
    DEADLY(pivot_root, P("."), P(".")),
    DEADLY(chroot, P("/")),
    DEADLY(move_mount, AT_FDCWD, P("/"), AT_FDCWD, P("/"), 0),
    DEADLY(open_tree, AT_FDCWD, P("/"), 1),
    DEADLY(fsopen, P("tmpfs"), 0),
    DEADLY(fsconfig, 0, 6, 0, 0, 0),
    DEADLY(fsmount, 0, 0, 0),
    DEADLY(fspick, AT_FDCWD, P("/"), 0),
    DEADLY(mount_setattr, AT_FDCWD, P("/"), 0, P(scratch), 32),
    DEADLY(setns, 0, 0),
    DEADLY(unshare, CLONE_NEWUSER),
    DEADLY(setuid, 0),
    DEADLY(setgid, 0),
    DEADLY(setreuid, 0, 0),
    DEADLY(setregid, 0, 0),
    DEADLY(setresuid, 0, 0, 0),
    DEADLY(setresgid, 0, 0, 0),
    DEADLY(setfsuid, 0),
    DEADLY(setfsgid, 0),
    DEADLY(setgroups, 0, 0),
    DEADLY(capset, 0, 0),
    DEADLY(bpf, 0, P(scratch), 64),
    DEADLY(perf_event_open, P(scratch), 0, -1, -1, 0),
    DEADLY(add_key, P("user"), P("x"), P("x"), 1, -3),
    DEADLY(request_key, P("user"), P("x"), 0, 0),
    DEADLY(keyctl, 0, -3, 1),
    DEADLY(userfaultfd, 1),
    DEADLY(io_uring_enter, 0, 1, 0, 0, 0, 0),
    DEADLY(io_uring_register, 0, 0, 0, 0),
    DEADLY(name_to_handle_at, AT_FDCWD, P("/"), P(scratch), P(scratch), 0),
    DEADLY(open_by_handle_at, 0, P(scratch), 0),
    DEADLY(fanotify_init, 0, 0),
    DEADLY(modify_ldt, 0, P(scratch), 64),
    DEADLY(personality, 0x0400000),
    DEADLY(vmsplice, 1, P(scratch), 1, 0),
    DEADLY(move_pages, 0, 0, 0, 0, 0, 0),
    DEADLY(migrate_pages, 0, 8, P(scratch), P(scratch)),
    DEADLY(init_module, P(scratch), 64, P("")),
    DEADLY(finit_module, 0, P(""), 0),
    DEADLY(delete_module, P("x"), 0),
    DEADLY(kexec_load, 0, 0, 0, 0),
    DEADLY(kexec_file_load, 0, 0, 0, 0, 0),
    DEADLY(reboot, 1, 2, 0),
    DEADLY(swapon, P("/"), 0),
    DEADLY(swapoff, P("/")),
    DEADLY(quotactl, 0, 0, 0, 0),
    DEADLY(acct, 0),
    DEADLY(settimeofday, P(scratch), 0),
    DEADLY(clock_settime, 0, P(scratch)),
    DEADLY(clock_adjtime, 0, P(scratch)),
    DEADLY(adjtimex, P(scratch)),
    DEADLY(sethostname, P("x"), 1),
    DEADLY(setdomainname, P("x"), 1),
    DEADLY(iopl, 3),
    DEADLY(ioperm, 0x80, 1, 1),
    DEADLY(syslog, 3, P(scratch), 64),
    DEADLY(vhangup),
    DEADLY_FUNCTION("a 32-bit call", old_call_gate),
    DEADLY_FUNCTION("an x32 call", x32_call),
};

const struct attempt *all_attempts(size_t *ret_count)
{
    snprintf(inside_share, sizeof(inside_share), "%s/vmc-jail-probe", share_path);
    *ret_count = sizeof(attempts) / sizeof(attempts[0]);
    return attempts;
}
