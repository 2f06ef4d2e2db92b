#include "host/base/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "host/base/restrictions.h"

/* Inode of the first user namespace, in every kernel (include/linux/proc_ns.h). */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDu

bool am_host_root(void)
{
    struct stat st;
    return geteuid() == 0 && stat("/proc/self/ns/user", &st) == 0 &&
           st.st_ino == INITIAL_USER_NAMESPACE;
}

uid_t uid_outside(void)
{
    uid_t uid = geteuid();
    unsigned outside;
    FILE *map = uid == 0 ? fopen("/proc/self/uid_map", "re") : NULL;
    if (map && fscanf(map, "0 %u", &outside) == 1)
        uid = outside;
    if (map)
        fclose(map);
    return uid;
}

/* A range of subordinate ids; count is 0 when the user has none. */
struct subordinate_ids {
    unsigned long first;
    unsigned long count;
};

/* The first range of the user in /etc/subuid or /etc/subgid (subuid(5)). */
static struct subordinate_ids subordinate_range(const char *path, uid_t uid)
{
    struct subordinate_ids range = {0};
    struct passwd *user = getpwuid(uid);
    char number[32];
    snprintf(number, sizeof(number), "%u", uid);
    AUTO_FREE char *text = NULL;
    if (read_file_at(-1, path, 1 << 20, &text, NULL, NULL) < 0)
        return range;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *name = strsep(&line, ":");
        if (!line || (strcmp(name, number) != 0 && (!user || strcmp(name, user->pw_name) != 0)))
            continue;
        if (sscanf(line, "%lu:%lu", &range.first, &range.count) == 2 && range.count > 0)
            return range;
    }
    return (struct subordinate_ids){0};
}

static void run_map_tool(const char *tool, pid_t pid, unsigned id, struct subordinate_ids range)
{
    struct strings argv = {0};
    strings_add(&argv, tool);
    strings_addf(&argv, "%d", pid);
    strings_addf(&argv, "0");
    strings_addf(&argv, "%u", id);
    strings_add(&argv, "1");
    strings_add(&argv, "1");
    strings_addf(&argv, "%lu", range.first);
    strings_addf(&argv, "%lu", range.count);
    execvp(tool, strings_argv(&argv));
    _exit(127);
}

/* Runs newuidmap or newgidmap for process pid and waits for it. True if it succeeded. */
static bool map_with_tool(const char *tool, pid_t pid, unsigned id, struct subordinate_ids range)
{
    pid_t child = fork();
    if (child == 0) {
        /* Its error message would be noise: the run goes on with one id. */
        if (!log_debug_enabled && !freopen("/dev/null", "w", stderr))
            _exit(127);
        run_map_tool(tool, pid, id, range);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/*
 * Runs outside the new user namespace, the only place where the subordinate ids have names: waits
 * until the parent has entered it (ready reads end of file), then maps. Exit status 0 when both
 * maps are set.
 */
static void map_parent(int ready, uid_t uid, gid_t gid)
{
    pid_t parent = getppid();
    struct subordinate_ids uids = subordinate_range("/etc/subuid", uid);
    struct subordinate_ids gids = subordinate_range("/etc/subgid", uid);
    char byte;
    if (uids.count == 0 || gids.count == 0 || read(ready, &byte, 1) != 0)
        _exit(1);
    /* gid first: a uid map without its gid map is the one state that cannot be completed. */
    bool done = map_with_tool("newgidmap", parent, gid, gids) &&
                map_with_tool("newuidmap", parent, uid, uids);
    _exit(done ? 0 : 1);
}

static int write_single_id_maps(uid_t uid, gid_t gid, struct error *err)
{
    char line[64];
    snprintf(line, sizeof(line), "0 %u 1", uid);
    if (write_file("/proc/self/uid_map", line, err) < 0)
        return -1;
    if (write_file("/proc/self/setgroups", "deny", err) < 0)
        return -1;
    snprintf(line, sizeof(line), "0 %u 1", gid);
    return write_file("/proc/self/gid_map", line, err);
}

static int enter_user_namespace(struct error *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    pid_t mapper = fork();
    if (mapper < 0)
        return error_errno(err, "cannot fork");
    if (mapper == 0) {
        close(ready[1]);
        map_parent(ready[0], uid, gid);
    }
    close(ready[0]);
    int entered = unshare(CLONE_NEWUSER | CLONE_NEWNS);
    int cause = errno;
    close(ready[1]);
    int status = -1;
    waitpid(mapper, &status, 0);
    if (entered < 0) {
        errno = cause;
        return restrictions_explain(err, "user namespaces are not available here");
    }
    if (status == 0)
        return 0;
    log_debug("no subordinate ids: the container's root is the only id mapped");
    if (write_single_id_maps(uid, gid, err) == 0)
        return 0;
    return restrictions_explain(err, "a user namespace can be made here, but not used");
}

int namespaces_enter(bool unprivileged, struct error *err)
{
    if (unprivileged) {
        if (enter_user_namespace(err) < 0)
            return -1;
    } else if (unshare(CLONE_NEWNS) < 0) {
        return restrictions_explain(err, "cannot make a mount namespace");
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return restrictions_explain(err, "cannot make the mount namespace private");
    return 0;
}
