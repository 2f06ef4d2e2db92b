/* Seccomp profiles, compiled and then executed here, call by call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/syscall.h>

#include "host/spec/seccomp_profile.h"

#define DEFAULT_CAPABILITIES 0xa80425fbu
#define BIT(capability) (UINT64_C(1) << (capability))
#define ALLOWED SECCOMP_RET_ALLOW
#define REFUSED(number) (SECCOMP_RET_ERRNO | (number))
#define I386_MOUNT 21

static bool jumps(const struct sock_filter *i, uint32_t accumulator)
{
    switch (BPF_OP(i->code)) {
    case BPF_JEQ:
        return accumulator == i->k;
    case BPF_JGT:
        return accumulator > i->k;
    case BPF_JGE:
        return accumulator >= i->k;
    case BPF_JSET:
        return (accumulator & i->k) != 0;
    }
    fail_msg("jump %x", i->code);
    return false;
}

/* What the kernel would do: the instructions that libseccomp makes, no others. */
static uint32_t execute(const struct seccomp_filter *filter, const struct seccomp_data *data)
{
    const struct sock_filter *program = filter->program;
    size_t count = filter->length / sizeof(*program);
    uint32_t accumulator = 0;
    for (size_t at = 0; at < count; at++) {
        const struct sock_filter *i = &program[at];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(i->k + 4 <= sizeof(*data));
            memcpy(&accumulator, (const char *)data + i->k, 4);
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            accumulator &= i->k;
            break;
        case BPF_JMP | BPF_JA:
            at += i->k;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            assert_int_equal(BPF_CLASS(i->code), BPF_JMP);
            at += jumps(i, accumulator) ? i->jt : i->jf;
        }
    }
    fail_msg("no end");
    return 0;
}

static uint32_t call(const struct seccomp_filter *filter, uint32_t arch, int number,
                     uint64_t argument)
{
    const struct seccomp_data data = {.nr = number, .arch = arch, .args = {argument}};
    return execute(filter, &data);
}

static uint32_t call64(const struct seccomp_filter *filter, int number, uint64_t argument)
{
    return call(filter, AUDIT_ARCH_X86_64, number, argument);
}

static struct seccomp_filter compile(const char *text, uint64_t capabilities)
{
    struct error err = ERROR_INIT;
    struct seccomp_filter filter;
    if (seccomp_profile_compile(text, capabilities, "x86_64", &filter, &err) < 0)
        fail_msg("%s", err.text);
    return filter;
}

static void test_default_profile(void **state)
{
    static const int allowed[] = {SYS_read,   SYS_openat,  SYS_execve, SYS_capset,
                                  SYS_ptrace, SYS_seccomp, SYS_fork,   SYS_landlock_create_ruleset,
                                  SYS_chroot};
    static const int refused[] = {
        SYS_mount,      SYS_setns,          SYS_bpf,         SYS_keyctl,      SYS_unshare,
        SYS_reboot,     SYS_add_key,        SYS_kexec_load,  SYS_swapon,      SYS_syslog,
        SYS_acct,       SYS_settimeofday,   SYS_init_module, SYS_userfaultfd, SYS_open_by_handle_at,
        SYS_pivot_root, SYS_perf_event_open};
    static const int absent[] = {SYS_clone3, SYS_io_uring_setup, 9999};
    (void)state;
    struct seccomp_filter filter = compile(NULL, DEFAULT_CAPABILITIES);
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (call64(&filter, allowed[i], 0) != ALLOWED)
            fail_msg("%d is not allowed", allowed[i]);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (call64(&filter, refused[i], 0) != REFUSED(EPERM))
            fail_msg("%d is not refused", refused[i]);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        assert_int_equal(call64(&filter, absent[i], 0), REFUSED(ENOSYS));
    assert_int_equal(call64(&filter, SYS_personality, 0), ALLOWED);
    assert_int_equal(call64(&filter, SYS_personality, 0x40000), ALLOWED);
    assert_int_equal(call64(&filter, SYS_personality, 1), REFUSED(ENOSYS));
    seccomp_filter_free(&filter);
}

static void test_namespaces(void **state)
{
    static const uint64_t flags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
    (void)state;
    struct seccomp_filter filter = compile(NULL, DEFAULT_CAPABILITIES);
    struct seccomp_filter admin = compile(NULL, DEFAULT_CAPABILITIES | BIT(CAP_SYS_ADMIN));
    assert_int_equal(call64(&filter, SYS_clone, CLONE_VM | CLONE_THREAD | 17), ALLOWED);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        assert_int_equal(call64(&filter, SYS_clone, flags[i] | 17), REFUSED(EPERM));
        assert_int_equal(call64(&admin, SYS_clone, flags[i] | 17), ALLOWED);
    }
    assert_int_equal(call64(&admin, SYS_clone3, 0), ALLOWED);
    assert_int_equal(call64(&admin, SYS_mount, 0), ALLOWED);
    assert_int_equal(call64(&admin, SYS_keyctl, 0), REFUSED(EPERM));
    seccomp_filter_free(&filter);
    seccomp_filter_free(&admin);
}

static void test_other_architectures(void **state)
{
    (void)state;
    struct seccomp_filter filter = compile(NULL, DEFAULT_CAPABILITIES);
    assert_int_equal(call(&filter, AUDIT_ARCH_I386, 4, 0), ALLOWED);
    assert_int_equal(call(&filter, AUDIT_ARCH_I386, I386_MOUNT, 0), REFUSED(EPERM));
    /* Neither the x32 names of calls nor another machine's. */
    assert_int_equal(call64(&filter, 0x40000000, 0), SECCOMP_RET_KILL_THREAD);
    assert_int_equal(call(&filter, AUDIT_ARCH_AARCH64, 63, 0), SECCOMP_RET_KILL_THREAD);
    seccomp_filter_free(&filter);
}

static void test_capabilities_give_calls(void **state)
{
    static const struct {
        int capability, call;
    } pairs[] = {
        {CAP_SYS_BOOT, SYS_reboot},
        {CAP_SYS_MODULE, SYS_init_module},
        {CAP_BPF, SYS_bpf},
        {CAP_SYS_PACCT, SYS_acct},
        {CAP_SYS_TIME, SYS_settimeofday},
        {CAP_SYSLOG, SYS_syslog},
        {CAP_SYS_RAWIO, SYS_iopl},
        {CAP_PERFMON, SYS_perf_event_open},
        {CAP_SYS_NICE, SYS_mbind},
        {CAP_DAC_READ_SEARCH, SYS_open_by_handle_at},
        {CAP_SYS_CHROOT, SYS_chroot},
        {CAP_SYS_TTY_CONFIG, SYS_vhangup},
        {CAP_SYS_PTRACE, SYS_kcmp},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct seccomp_filter with = compile(NULL, BIT(pairs[i].capability));
        struct seccomp_filter without = compile(NULL, 0);
        assert_int_equal(call64(&with, pairs[i].call, 0), ALLOWED);
        assert_int_equal(call64(&without, pairs[i].call, 0), REFUSED(EPERM));
        seccomp_filter_free(&with);
        seccomp_filter_free(&without);
    }
}

static void test_profile_of_a_user(void **state)
{
    (void)state;
    struct seccomp_filter filter =
        compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],"
                " \"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\","
                "                \"subArchitectures\": [\"SCMP_ARCH_X86\"]}], \"syscalls\": ["
                "  {\"names\": [\"mkdir\", \"no_such_call\"], \"action\": \"SCMP_ACT_ERRNO\", "
                "\"errnoRet\": 95},"
                "  {\"names\": [\"kill\"], \"action\": \"SCMP_ACT_TRAP\","
                "   \"args\": [{\"index\": 0, \"value\": 7, \"op\": \"SCMP_CMP_GT\"}]},"
                "  {\"names\": [\"rmdir\"], \"action\": \"SCMP_ACT_KILL_PROCESS\","
                "   \"includes\": {\"arches\": [\"amd64\"], \"caps\": [\"CAP_CHOWN\"]}},"
                "  {\"names\": [\"link\"], \"action\": \"SCMP_ACT_ERRNO\","
                "   \"excludes\": {\"arches\": [\"amd64\"]}}]}",
                DEFAULT_CAPABILITIES);
    assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_LOG);
    assert_int_equal(call64(&filter, SYS_mkdir, 0), REFUSED(EOPNOTSUPP));
    assert_int_equal(call64(&filter, SYS_kill, 7), ALLOWED);
    assert_int_equal(call64(&filter, SYS_kill, 8), SECCOMP_RET_TRAP);
    assert_int_equal(call64(&filter, SYS_rmdir, 0), SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(call64(&filter, SYS_link, 0), ALLOWED);
    assert_int_equal(call(&filter, AUDIT_ARCH_I386, 39, 0), REFUSED(EOPNOTSUPP));
    seccomp_filter_free(&filter);
}

static void test_bad_profiles(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "not JSON"},
        {"[]", "not a JSON object"},
        {"{}", "'' is not a known action"},
        {"{\"defaultAction\": \"SCMP_ACT_MAYBE\"}", "'SCMP_ACT_MAYBE' is not a known action"},
        {"{\"defaultAction\": 1}", "of type string"},
        {"{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}", "listener"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/x\"}", "listener"},
        {"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 5000}", "out of range"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}", "of type array"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [1]}", "not an object"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\": \"SCMP_ACT_LOG\"}]}",
         "no \"names\""},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"X\"]}", "'X' is not a known flag"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_PDP11\"]}",
         "is not an architecture"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"kill\"], "
         "\"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 6, \"value\": 0, \"op\": "
         "\"SCMP_CMP_EQ\"}]}]}",
         "below 6"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"kill\"], "
         "\"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 0, \"value\": 0, \"op\": "
         "\"EQ\"}]}]}",
         "'EQ' is not a known comparison"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscals\": []}",
         "\"syscals\" is not a known member"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"kill\"], "
         "\"action\": \"SCMP_ACT_ERRNO\", \"arg\": []}]}",
         "\"arg\" is not a known member"},
        {"{\"defaultAction\": \"SCMP_ACT_ALLOW\"} {}", "after the end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = ERROR_INIT;
        struct seccomp_filter filter;
        assert_int_equal(seccomp_profile_compile(cases[i].text, 0, "x86_64", &filter, &err), -1);
        if (!strstr(err.text, cases[i].expected))
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_null(filter.program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_profile),     cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_other_architectures), cmocka_unit_test(test_capabilities_give_calls),
        cmocka_unit_test(test_profile_of_a_user),   cmocka_unit_test(test_bad_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
