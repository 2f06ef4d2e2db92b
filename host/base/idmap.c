#include "host/base/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/id_range.h"
#include "host/base/restrictions.h"

/* More lines than the kernel accepts in a map (340). */
#define MAP_MAX (32u << 10)

/* The ids of this namespace, each mapped to itself, as lines of a uid_map file. */
static int identity_map(const char *own, char **ret, struct error *err)
{
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, own, MAP_MAX, &text, NULL, err) < 0)
        return -1;
    char *map = xstrdup(""), *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        unsigned long inside, count;
        if (sscanf(line, "%lu %*u %lu", &inside, &count) != 2)
            continue;
        char *longer = xasprintf("%s%lu %lu %lu\n", map, inside, inside, count);
        free(map);
        map = longer;
    }
    *ret = map;
    return 0;
}

static int write_map(pid_t pid, const char *name, uint32_t first, struct error *err)
{
    AUTO_FREE char *map = NULL;
    AUTO_FREE char *path = xasprintf("/proc/%d/%s", pid, name);
    AUTO_FREE char *own = xasprintf("/proc/self/%s", name);
    if (first > 0)
        map = xasprintf("0 %u %u\n", first, ID_RANGE_COUNT);
    else if (identity_map(own, &map, err) < 0)
        return -1;
    return write_file(path, map, err);
}

int idmap_process(pid_t pid, uint32_t first, struct error *err)
{
    return write_map(pid, "gid_map", first, err) < 0 ? -1 : write_map(pid, "uid_map", first, err);
}

static pid_t clone_process(unsigned long long flags)
{
    struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void wait_for(pid_t pid, int *ret_status)
{
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        ;
}

int idmap_userns(uint32_t first, int *ret_fd, struct error *err)
{
    int hold[2];
    if (pipe2(hold, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    pid_t pid = clone_process(CLONE_NEWUSER);
    if (pid == 0) {
        char byte;
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) < 0);
    }
    int cause = errno;
    AUTO_FREE char *path = xasprintf("/proc/%d/ns/user", pid);
    int fd = -1, result = 0;
    close(hold[0]);
    if (pid < 0) {
        errno = cause;
        result = restrictions_explain(err, "cannot make a user namespace");
    } else if ((result = idmap_process(pid, first, err)) == 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            result = error_errno(err, "cannot open a user namespace");
    }
    close(hold[1]);
    if (pid > 0)
        wait_for(pid, NULL);
    if (result == 0)
        *ret_fd = fd;
    return result;
}

int idmap_tree(int tree_fd, int userns_fd, struct error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd};
    if (mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
        return error_errno(err, "its file system cannot be shown with other ids");
    return 0;
}

/* The child: gives up every right of its parent except the descriptors. */
static int become_root_inside(int userns_fd, int (*enter)(void *arg, struct error *err), void *arg,
                              struct error *err)
{
    if (setns(userns_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
        return error_errno(err, "cannot enter a user namespace");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return error_errno(err, "cannot make a mount namespace private");
    if (enter && enter(arg, err) < 0)
        return -1;
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return error_errno(err, "cannot take the ids of a user namespace");
    return 0;
}

/* What the child sends. */
struct outcome {
    int result;
    char text[sizeof(((struct error *)NULL)->text)];
};

static _Noreturn void run_inside(int report, int userns_fd,
                                 int (*enter)(void *arg, struct error *err),
                                 int (*body)(void *arg, struct error *err), void *arg)
{
    struct error err = ERROR_INIT;
    struct outcome outcome = {.result = become_root_inside(userns_fd, enter, arg, &err)};
    if (outcome.result == 0)
        outcome.result = body(arg, &err);
    snprintf(outcome.text, sizeof(outcome.text), "%s", err.text);
    _exit(write_all(report, &outcome, sizeof(outcome)) < 0);
}

int idmap_run(int userns_fd, int (*enter)(void *arg, struct error *err),
              int (*body)(void *arg, struct error *err), void *arg, struct error *err)
{
    struct outcome outcome = {.result = -1};
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    pid_t pid = clone_process(CLONE_FILES);
    if (pid == 0)
        run_inside(report[1], userns_fd, enter, body, arg);
    if (pid < 0) {
        error_errno(err, "cannot fork");
    } else {
        int status;
        wait_for(pid, &status);
        /* The pipe holds the whole outcome, so the child does not wait for this. */
        if (status != 0 || read(report[0], &outcome, sizeof(outcome)) != sizeof(outcome))
            outcome = (struct outcome){.result = -1, .text = "a helper process failed"};
        if (outcome.result < 0)
            error_set(err, "%s", outcome.text);
    }
    close(report[0]);
    close(report[1]);
    return outcome.result;
}
