#include "host/seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>

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

int seccomp_filter_allow_exec(scmp_filter_ctx filter, int exec_fd)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(execveat), 2,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)exec_fd),
                            SCMP_A4(SCMP_CMP_EQ, AT_EMPTY_PATH));
}

int seccomp_filter_result(int result, const char *what, struct error *err)
{
    if (result >= 0)
        return 0;
    errno = -result;
    return error_errno(err, "%s", what);
}
