/* User Mode Linux: its command line word for word, and what the filters let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/backend/uml/argv.h"
#include "host/backend/uml/uml.h"
#include "host/jail/seccomp_kernel.h"

static struct strings build(const struct vm_spec *spec, int frames)
{
    char kernel[] = "/images/linux", initrd[] = "/images/initramfs.cpio";
    const struct guest_image image = {.kernel = kernel, .initrd = initrd};
    const struct network network = {.link = {.kind = LINK_STREAM, .fd = frames}};
    char dir[] = "/run/vmc/1";
    const struct container container = {.dir = dir};
    const struct machine_request request = {
        .spec = spec, .vmm = kernel, .image = &image, .container = &container, .network = &network};
    struct strings argv = {0};
    uml_argv(&request, &argv);
    return argv;
}

static void check(struct strings argv, const char *expected)
{
    AUTO_FREE char *line = strings_join(&argv, " ");
    assert_string_equal(line, expected);
    strings_free(&argv);
}

static void test_command_line(void **state)
{
    (void)state;
    struct vm_spec spec = {.memory = 512ull << 20, .cpus = 1};
    check(build(&spec, -1),
          "/run/vmc/1/linux quiet mem=512M initrd=/images/initramfs.cpio uml_dir= root=none "
          "con=none ssl=none con0=fd:5 console=tty0 ssl0=fd:3 ssl1=fd:4 filter=fd:7 "
          "lpj=4000000 noreboot "
          "panic=-1 -- --lines /dev/ttyS0,/dev/ttyS1");
    spec.debug = true;
    strings_add(&spec.append, "a=b c");
    check(build(&spec, 9),
          "/run/vmc/1/linux loglevel=7 mem=512M initrd=/images/initramfs.cpio uml_dir= root=none "
          "con=none ssl=none con0=fd:5 console=tty0 ssl0=fd:3 ssl1=fd:4 ssl2=fd:6 "
          "filter=fd:7 "
          "lpj=4000000 noreboot panic=-1 a=b c -- --lines /dev/ttyS0,/dev/ttyS1,/dev/ttyS2");
    strings_free(&spec.append);
}

/* ---- the filter ---- */

/* Newer calls than any kernel has; each number is tried. */
#define CALLS_END 600
/* x86's uprobe: no filter is asked about it, and it fails anywhere but in a probe
 * (kernel/seccomp.c). */
#define CALL_UPROBE 336

static struct sock_fprog read_filter(bool writes)
{
    static struct sock_filter code[BPF_MAXINSNS];
    struct error err = ERROR_INIT;
    int fd = -1;
    assert_int_equal(kernel_seccomp_file(writes, &fd, &err), 0);
    ssize_t n = pread(fd, code, sizeof(code), 0);
    close(fd);
    assert_true(n > 0 && (size_t)n % sizeof(code[0]) == 0);
    return (struct sock_fprog){.len = (unsigned short)((size_t)n / sizeof(code[0])),
                               .filter = code};
}

/* Whether a process behind the filter survives the call. Its arguments are none that do anything.
 */
static bool survives(const struct sock_fprog *filter, long number, unsigned long a, unsigned long b,
                     unsigned long c)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        for (int i = 1; i < NSIG; i++)
            signal(i, SIG_DFL);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) < 0)
            _exit(99);
        syscall(number, a, b, c, ~0ul, ~0ul, ~0ul);
        syscall(SYS_exit_group, 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 99);
    /* SIGILL: the two calls of a probe's trampoline, which no filter is asked about (uprobes.c). */
    return !WIFSIGNALED(status) || (WTERMSIG(status) != SIGSYS && WTERMSIG(status) != SIGILL);
}

/* Every number is tried, so that it is the kernel which says what is left. */
static void test_thirty_calls(void **state)
{
    (void)state;
    const struct sock_fprog filter = read_filter(false);
    int left = 0;
    for (long number = 0; number < CALLS_END; number++) {
        /* These depend on what they are asked for. */
        unsigned long a = number == SYS_clone ? SIGCHLD : ~0ul;
        if (number == CALL_UPROBE ||
            !survives(&filter, number, a, ~0ul, number == SYS_openat ? O_RDONLY : ~0ul))
            continue;
        AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
        print_message("%2d %s\n", ++left, name ? name : "?");
    }
    assert_true(left > 20 && left <= 30);
}

static void test_what_kills(void **state)
{
    (void)state;
    const struct sock_fprog reads = read_filter(false);
    const int flags[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE | O_RDWR};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        assert_false(survives(&reads, SYS_openat, ~0ul, 0, (unsigned long)flags[i]));
    assert_false(survives(&reads, SYS_unlink, 0, 0, 0));
    const struct sock_fprog writes = read_filter(true);
    const unsigned long shared[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_VM, CLONE_THREAD};
    for (size_t i = 0; i < ARRAY_LEN(shared); i++)
        assert_false(survives(&writes, SYS_clone, shared[i] | SIGCHLD, 0, 0));
    const long never[] = {SYS_execve,
                          SYS_execveat,
                          SYS_socket,
                          SYS_connect,
                          SYS_sendmsg,
                          SYS_recvmsg,
                          SYS_mount,
                          SYS_unshare,
                          SYS_setns,
                          SYS_bpf,
                          SYS_process_vm_readv,
                          SYS_pidfd_getfd,
                          SYS_clone3,
                          SYS_chroot,
                          SYS_setuid,
                          SYS_open_by_handle_at,
                          SYS_io_uring_setup};
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        assert_false(survives(&writes, never[i], 0, 0, 0));
    assert_true(survives(&writes, SYS_unlink, 0, 0, 0));
    assert_true(survives(&writes, SYS_openat, ~0ul, 0, O_CREAT | O_RDWR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_thirty_calls),
        cmocka_unit_test(test_what_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
