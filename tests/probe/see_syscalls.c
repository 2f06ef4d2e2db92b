/*
 * System calls that a container must not use, and some that it needs, each tried in a separate
 * process. The arguments make an allowed call harmless: it names something that does not exist,
 * sets what is already set, or ends with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/see.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define P(pointer) ((long)(pointer))

/* A call with its arguments, or a function. */
struct attempt {
    const char *name;
    long number;
    long args[6];
    long (*call)(void);
};

#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, NULL                                                    \
    }
#define NAMED(text, name, ...)                                                                     \
    {                                                                                              \
        text, SYS_##name, {__VA_ARGS__}, NULL                                                      \
    }
#define FUNCTION(function)                                                                         \
    {                                                                                              \
#function, 0, {0 }, function                                                               \
    }

static long clock_settime_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return syscall(SYS_clock_settime, CLOCK_REALTIME, &now);
}

static long settimeofday_now(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return syscall(SYS_settimeofday, &now, NULL);
}

static long adjtimex_read(void)
{
    struct timex t = {0};
    return syscall(SYS_adjtimex, &t);
}

static long adjtimex_set(void)
{
    struct timex t = {0};
    adjtimex(&t);
    t.modes = ADJ_FREQUENCY;
    return syscall(SYS_adjtimex, &t);
}

/* return 0; */
static long bpf_prog_load(void)
{
    static const struct bpf_insn program[] = {{.code = BPF_ALU | BPF_K | BPF_MOV},
                                              {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                           .insn_cnt = COUNT(program),
                           .insns = (uintptr_t)program,
                           .license = (uintptr_t) "MIT"};
    return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long clone3_user(void)
{
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &args, sizeof(args));
    if (pid == 0)
        _exit(0);
    return pid;
}

static long clone_user(void)
{
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid;
}

static long perf_event_open(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
                                   .size = sizeof(attr),
                                   .config = PERF_COUNT_SW_TASK_CLOCK,
                                   .exclude_kernel = 1};
    return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

/* No file system has this handle: ESTALE, or another errno that does not mean a refusal. */
static long open_by_handle_at_bogus(void)
{
    struct {
        struct file_handle handle;
        unsigned char bytes[8];
    } h = {.handle = {.handle_bytes = 8, .handle_type = 1}};
    int root = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return syscall(SYS_open_by_handle_at, root, &h, O_RDONLY);
}

static long setns_own_uts(void)
{
    int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    return syscall(SYS_setns, fd, CLONE_NEWUTS);
}

static long sethostname_same(void)
{
    struct utsname names;
    uname(&names);
    return syscall(SYS_sethostname, names.nodename, strlen(names.nodename));
}

static long setdomainname_same(void)
{
    struct utsname names;
    uname(&names);
    return syscall(SYS_setdomainname, names.domainname, strlen(names.domainname));
}

static long ptrace_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    long result = syscall(SYS_ptrace, PTRACE_SEIZE, child, 0, 0);
    int error = errno;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    errno = error;
    return result;
}

static long ptrace_init(void)
{
    return syscall(SYS_ptrace, PTRACE_SEIZE, 1, 0, 0);
}

/* The start of a static program, such as the agent: the linker's default. */
#ifdef __arm__
#define PROGRAM_START 0x10000
#else
#define PROGRAM_START 0x400000
#endif

static long process_vm_readv_init(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)PROGRAM_START, 1};
    return syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0);
}

static long pidfd_getfd_init(void)
{
    long pidfd = syscall(SYS_pidfd_open, 1, 0);
    return pidfd < 0 ? pidfd : syscall(SYS_pidfd_getfd, pidfd, STDOUT_FILENO, 0);
}

static long kill_init(void)
{
    return syscall(SYS_kill, 1, 0);
}

static long raise_nofile_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max++;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static long realtime_priority(void)
{
    const struct sched_param param = {.sched_priority = 1};
    return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param);
}

/* Without a terminal there is nothing to hang up. */
static long vhangup_nothing(void)
{
    setsid();
    return syscall(SYS_vhangup);
}

static long lock_memory(void)
{
    static char page[4096];
    return syscall(SYS_mlock, page, sizeof(page));
}

#ifdef __x86_64__
/* getpid(2) by the numbers of i386 and of x32: filters that look at one table only miss them. */
static long getpid_i386(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    errno = result < 0 ? (int)-result : 0;
    return result;
}

/* With the times of 32 bits that such programs have: clock_gettime(2), number 265. */
static long clock_gettime_i386(void)
{
    static int32_t now[2]; /* below 4 GiB in a static program */
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(265L), "b"((long)CLOCK_MONOTONIC), "c"(now)
                     : "memory", "r8", "r9", "r10", "r11");
    errno = result < 0 ? (int)-result : 0;
    return result;
}

static long getpid_x32(void)
{
    return syscall(0x40000000L | SYS_getpid);
}

static long io_privilege_level(void)
{
    return syscall(SYS_iopl, 3);
}

static long io_port(void)
{
    return syscall(SYS_ioperm, 0x80, 1, 1);
}
#endif

/* clang-format off */
static const struct attempt attempts[] = {
    CALL(acct, 0),
    CALL(add_key, P("user"), P("vmc-probe"), P("x"), 1, KEY_SPEC_PROCESS_KEYRING),
    FUNCTION(adjtimex_read),
    FUNCTION(adjtimex_set),
    FUNCTION(bpf_prog_load),
    CALL(chroot, P("/")),
    FUNCTION(clock_settime_now),
    FUNCTION(clone3_user),
    FUNCTION(clone_user),
    CALL(delete_module, P("vmc-probe"), O_NONBLOCK),
    CALL(fanotify_init, 0, 0),
    CALL(finit_module, -1, P(""), 0),
    CALL(fsopen, P("tmpfs"), 0),
    CALL(fspick, AT_FDCWD, P("/dev"), 0),
    CALL(get_mempolicy, 0, 0, 0, 0, 0),
    CALL(init_module, 0, 0, P("")),
    CALL(io_uring_setup, 1, 0),
    CALL(kcmp, 1, 1, 0, 0, 0),
    CALL(kexec_file_load, -1, -1, 0, 0, 0),
    CALL(kexec_load, 0, 0, 0, 0),
    CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1),
    FUNCTION(kill_init),
    CALL(landlock_create_ruleset, 0, 0, 1),
    FUNCTION(lock_memory),
    CALL(membarrier, 0, 0, 0),
    CALL(memfd_create, P("vmc-probe"), 0),
    CALL(mount, P("none"), P("/tmp"), P("none-such"), 0, 0),
    NAMED("mount bind", mount, P("/none-such"), P("/tmp"), 0, MS_BIND, 0),
    NAMED("mount remount", mount, P("none"), P("/etc"), 0, MS_REMOUNT, 0),
    NAMED("mount_setattr", mount_setattr, AT_FDCWD, P("/etc"), 0, P("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 32),
    CALL(move_mount, AT_FDCWD, P("/none-such"), AT_FDCWD, P("/none-such"), 0),
    CALL(name_to_handle_at, AT_FDCWD, P("/none-such"), 0, 0, 0),
    FUNCTION(open_by_handle_at_bogus),
    CALL(open_tree, AT_FDCWD, P("/etc"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
    FUNCTION(perf_event_open),
    NAMED("personality read", personality, 0xffffffff),
    NAMED("personality no randomization", personality, ADDR_NO_RANDOMIZE),
    FUNCTION(pidfd_getfd_init),
    CALL(pidfd_open, 1, 0),
    CALL(pivot_root, P("/etc"), P("/etc")),
    FUNCTION(process_vm_readv_init),
    FUNCTION(ptrace_child),
    FUNCTION(ptrace_init),
    CALL(quotactl, 0, 0, 0, 0),
    FUNCTION(raise_nofile_limit),
    FUNCTION(realtime_priority),
    CALL(reboot, 0, 0, 0, 0),
    CALL(request_key, P("user"), P("vmc-none-such"), 0, 0),
    FUNCTION(setdomainname_same),
    FUNCTION(sethostname_same),
    FUNCTION(setns_own_uts),
    FUNCTION(settimeofday_now),
    NAMED("setpriority -1", setpriority, PRIO_PROCESS, 0, -1),
    NAMED("socket alg", socket, AF_ALG, SOCK_SEQPACKET, 0),
    NAMED("socket inet", socket, AF_INET, SOCK_STREAM, 0),
    NAMED("socket inet raw", socket, AF_INET, SOCK_RAW, 1),
    NAMED("socket netlink", socket, AF_NETLINK, SOCK_RAW, 0),
    NAMED("socket packet", socket, AF_PACKET, SOCK_RAW, 0),
    NAMED("socket unix", socket, AF_UNIX, SOCK_STREAM, 0),
    NAMED("socket vsock", socket, AF_VSOCK, SOCK_STREAM, 0),
    CALL(swapoff, P("/none-such")),
    CALL(swapon, P("/none-such"), 0),
    NAMED("syslog size", syslog, 10, 0, 0),
    NAMED("umount2", umount2, P("/etc"), 0),
    NAMED("unshare cgroup", unshare, CLONE_NEWCGROUP),
    NAMED("unshare ipc", unshare, CLONE_NEWIPC),
    NAMED("unshare mount", unshare, CLONE_NEWNS),
    NAMED("unshare net", unshare, CLONE_NEWNET),
    NAMED("unshare pid", unshare, CLONE_NEWPID),
    NAMED("unshare time", unshare, CLONE_NEWTIME),
    NAMED("unshare user", unshare, CLONE_NEWUSER),
    NAMED("unshare uts", unshare, CLONE_NEWUTS),
    CALL(userfaultfd, 0),
    FUNCTION(vhangup_nothing),
#ifdef __x86_64__
    NAMED("arch_prctl bad", arch_prctl, 0xdead),
    FUNCTION(clock_gettime_i386),
    FUNCTION(getpid_i386),
    FUNCTION(getpid_x32),
    FUNCTION(io_port),
    FUNCTION(io_privilege_level),
#endif
};
/* clang-format on */

static long run(const struct attempt *a)
{
    return a->call ? a->call()
                   : syscall(a->number, a->args[0], a->args[1], a->args[2], a->args[3], a->args[4],
                             a->args[5]);
}

/* The errno comes as the process's status: they are all below 255. */
static void try(struct json *j, const struct attempt *a)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        errno = 0;
        _exit(run(a) < 0 ? errno : 0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        json_outcome(j, a->name, -1);
        return;
    }
    errno = WEXITSTATUS(status);
    if (WIFSIGNALED(status))
        json_format(j, a->name, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        json_outcome(j, a->name, errno ? -1 : 0);
}

void see_syscalls(struct json *j)
{
    json_object(j, "system_calls");
    for (size_t i = 0; i < COUNT(attempts); i++)
        try(j, &attempts[i]);
    json_end(j);
}
