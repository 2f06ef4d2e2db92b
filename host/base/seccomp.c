#include "host/base/seccomp.h"

#ifdef __x86_64__
#include <asm/prctl.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

/* The flags of a thread, without any namespace. CLONE_NEWTIME lies in the bits of the signal. */
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACE_FLAGS                                                                            \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET | CSIGNAL)

scmp_filter_ctx seccomp_filter_new(uint32_t action, struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(action);
    if (filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) == 0 &&
        seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1) == 0 &&
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0)
        return filter;
    seccomp_release(filter);
    error_set(err, "cannot make a system call filter");
    return NULL;
}

int seccomp_filter_add(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        if (calls[i] >= 0)
            result = seccomp_rule_add(filter, action, calls[i], 0);
    return result;
}

int seccomp_filter_add_values(scmp_filter_ctx filter, int call, unsigned argument,
                              const unsigned long *values, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                  SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, values[i]));
    return result;
}

int seccomp_filter_allow_threads(scmp_filter_ctx filter)
{
    int result =
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS));
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                  SCMP_A2(SCMP_CMP_EQ, 0));
#ifdef ARCH_SET_FS
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(arch_prctl), 1,
                                  SCMP_A0(SCMP_CMP_EQ, ARCH_SET_FS));
#endif
    return result;
}

int seccomp_filter_allow_exec(scmp_filter_ctx filter, int exec_fd)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(execveat), 2,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)exec_fd),
                            SCMP_A4(SCMP_CMP_EQ, AT_EMPTY_PATH));
}

int seccomp_filter_load(scmp_filter_ctx filter, int result, struct error *err)
{
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return seccomp_filter_result(result, "cannot load the system call filter", err);
}

int seccomp_filter_result(int result, const char *what, struct error *err)
{
    if (result >= 0)
        return 0;
    errno = -result;
    return error_errno(err, "%s", what);
}
