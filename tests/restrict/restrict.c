/*
 * Runs a command on a host that refuses system calls, as the seccomp filters of container engines
 * and security modules do:
 *
 *   vmc-restrict SYSCALL=ERRNO... COMMAND [ARGUMENT]...
 *
 * ERRNO is ENOSYS, EPERM, EACCES or ENOSPC; 125 says that there is no such filter.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} errors[] = {{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EACCES", EACCES}, {"ENOSPC", ENOSPC}};

static int refuse(scmp_filter_ctx filter, char *rule, char *name)
{
    *name++ = '\0';
    int call = seccomp_syscall_resolve_name(rule);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (call != __NR_SCMP_ERROR && strcmp(errors[i].name, name) == 0)
            return seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)errors[i].number), call, 0);
    return -EINVAL;
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    char *equals;
    int at = 1, result = filter ? 0 : -ENOMEM;
    /* Root needs no no_new_privs, which would be one more restriction: seccomp(2). */
    if (result == 0 && geteuid() == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    for (; result == 0 && at < argc && (equals = strchr(argv[at], '=')); at++)
        result = refuse(filter, argv[at], equals);
    if (result == 0)
        result = seccomp_load(filter);
    if (result == 0 && at < argc) {
        execvp(argv[at], argv + at);
        result = -errno;
    }
    fprintf(stderr, "vmc-restrict: %s\n", strerror(-result));
    return 125;
}
