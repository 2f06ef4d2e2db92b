#include "host/base/restrictions.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/userns.h"

#define STATUS_MAX (64u << 10)
#define FILTER_HINT                                                                                \
    "a system call filter around vmc; a container engine leaves it out with --security-opt "       \
    "seccomp=unconfined"

/* Each fails because of its arguments if the kernel has it. */
static const struct {
    const char *name;
    long number;
} calls[] = {
    {"clone3", SYS_clone3},         {"openat2", SYS_openat2},
    {"open_tree", SYS_open_tree},   {"move_mount", SYS_move_mount},
    {"fsopen", SYS_fsopen},         {"mount_setattr", SYS_mount_setattr},
    {"pidfd_open", SYS_pidfd_open}, {"close_range", SYS_close_range},
};

int restrictions_check(struct error *err)
{
    struct statfs fs;
    struct stat null;
    if (statfs("/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
        return error_set(err, "/proc is not mounted here: mount -t proc proc /proc");
    if (stat("/dev/null", &null) < 0 || !S_ISCHR(null.st_mode) || null.st_rdev != makedev(1, 3))
        return error_set(err, "/dev has no devices here (/dev/null): mount --rbind the host's /dev "
                              "into the chroot, or mount -t devtmpfs dev /dev");
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (syscall(calls[i].number, -1, -1, -1, -1, -1) < 0 && errno == ENOSYS)
            return error_set(err,
                             "%s(2) is missing here: the kernel is older than Linux 5.12, or it is "
                             "hidden by " FILTER_HINT,
                             calls[i].name);
    return 0;
}

/* ---- the cause of a refusal ---- */

static bool file_says(const char *path, const char *value)
{
    AUTO_FREE char *text = NULL;
    return read_file_at(AT_FDCWD, path, 64, &text, NULL, NULL) == 0 &&
           strtoul(text, NULL, 10) == strtoul(value, NULL, 10);
}

/* NULL: none is visible. inside: in a user namespace that could be made. */
static const char *sysctl_at_fault(bool inside)
{
    static const struct {
        const char *path, *value, *advice;
        bool inside;
    } sysctls[] = {
        {"/proc/sys/user/max_user_namespaces", "0",
         "user.max_user_namespaces is 0: sysctl -w user.max_user_namespaces=10000", false},
        {"/proc/sys/user/max_mnt_namespaces", "0",
         "user.max_mnt_namespaces is 0: sysctl -w user.max_mnt_namespaces=10000", false},
        {"/proc/sys/kernel/unprivileged_userns_clone", "0",
         "kernel.unprivileged_userns_clone is 0: sysctl -w kernel.unprivileged_userns_clone=1, or "
         "run vmc as root",
         false},
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
         "AppArmor gives user namespaces no rights: add an AppArmor profile for vmc with "
         "'userns,', "
         "or "
         "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run vmc as root",
         true},
    };
    for (size_t i = 0; i < ARRAY_LEN(sysctls); i++)
        if ((inside || !sysctls[i].inside) && file_says(sysctls[i].path, sysctls[i].value))
            return sysctls[i].advice;
    return NULL;
}

/* The number after "Name:\t" in /proc/self/status, proc(5); 0 if there is none. */
static unsigned long long status_number(const char *status, const char *name, int base)
{
    const char *line = strstr(status, name);
    return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

static const char *who_refuses(int cause)
{
    AUTO_FREE char *status = NULL;
    bool host_root = am_host_root();
    const char *sysctl = sysctl_at_fault(geteuid() == 0 && !host_root);
    if (cause == ENOSPC)
        return sysctl ? sysctl
                      : "a limit on namespaces, in /proc/sys/user here or outside, or on their "
                        "nesting";
    if (read_file_at(AT_FDCWD, "/proc/self/status", STATUS_MAX, &status, NULL, NULL) < 0)
        return NULL;
    if (geteuid() == 0 && !(status_number(status, "\nCapEff:", 16) >> CAP_SYS_ADMIN & 1))
        return "root has no CAP_SYS_ADMIN here; a container engine gives it with --privileged";
    if (sysctl && !host_root)
        return sysctl;
    if (status_number(status, "\nSeccomp:", 10) == 2)
        return FILTER_HINT;
    /* The causes that are invisible from inside: clone(2), EPERM. */
    return cause == EPERM ? "the kernel makes none in a chroot: enter it with systemd-nspawn(1)"
                          : NULL;
}

int restrictions_explain(struct error *err, const char *what)
{
    int cause = errno;
    bool refused = cause == EPERM || cause == EACCES || cause == ENOSPC;
    error_errno(err, "%s", what);
    const char *who = refused ? who_refuses(cause) : NULL;
    if (who) {
        AUTO_FREE char *said = xstrdup(err ? err->text : "");
        error_set(err, "%s (%s; see 'vmc info')", said, who);
    }
    return -1;
}
