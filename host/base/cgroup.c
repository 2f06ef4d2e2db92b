#include "host/base/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"

#define TEXT_MAX (16u << 20)
#define NOTE_NAME "cgroups"
#define NOTE_MAX 16384u

/* True if the comma- or space-separated list has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || strchr(", \n", at[-1])) && (!at[length] || strchr(", \n", at[length])))
            return true;
    return false;
}

/* The caller's own path in a hierarchy: "" names version 2. Owned; NULL: none. cgroups(7). */
static char *own_path(const char *cgroup, const char *controller)
{
    AUTO_FREE char *copy = xstrdup(cgroup);
    char *rest = copy, *line;
    while ((line = strsep(&rest, "\n"))) {
        strsep(&line, ":");
        char *controllers = line ? strsep(&line, ":") : NULL;
        if (!line)
            continue;
        if (controller[0] ? has_word(controllers, controller) : controllers[0] == '\0')
            return xstrdup(line);
    }
    return NULL;
}

/*
 * The directory of a group: path below mount_point, where the mount shows the group root. NULL if
 * the mount does not reach it, or it is above the caller's cgroup namespace ("/..").
 */
static char *directory_of(const char *mount_point, const char *root, const char *path)
{
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, length) != 0 || strncmp(path, "/..", 3) == 0 ||
        (path[length] != '/' && path[length] != '\0'))
        return NULL;
    path += length;
    return strcmp(path, "/") == 0 ? xstrdup(mount_point) : xasprintf("%s%s", mount_point, path);
}

/* One line of mountinfo, proc(5), split into the parts needed here. Changes the line. */
struct mount_line {
    char root[4096], mount_point[4096], type[64];
    const char *options; /* of the file system: the controllers of a version 1 hierarchy */
};

static bool read_mount(char *line, struct mount_line *ret)
{
    const char *tail = strstr(line, " - ");
    int at = 0;
    if (!tail || sscanf(line, "%*d %*d %*s %4095s %4095s", ret->root, ret->mount_point) != 2 ||
        sscanf(tail, " - %63s %*s %n", ret->type, &at) != 1 || at == 0)
        return false;
    ret->options = tail + at;
    return strncmp(ret->type, "cgroup", 6) == 0;
}

static void plan_v1(const char *cgroup, const struct mount_line *m, const char *controller,
                    char **ret)
{
    if (*ret || !has_word(m->options, controller))
        return;
    AUTO_FREE char *path = own_path(cgroup, controller);
    *ret = path ? directory_of(m->mount_point, m->root, path) : NULL;
}

static void plan_v2(const char *cgroup, const struct mount_line *m, bool privileged,
                    struct host_cgroup_plan *ret)
{
    if (ret->parent_v2)
        return;
    if (privileged) {
        ret->top_v2 = xstrdup(m->mount_point);
        ret->parent_v2 = xasprintf("%s/vmc", m->mount_point);
        return;
    }
    AUTO_FREE char *path = own_path(cgroup, "");
    AUTO_FREE char *own = path ? directory_of(m->mount_point, m->root, path) : NULL;
    if (own && strcmp(own, m->mount_point) != 0)
        ret->parent_v2 = xstrdup(dirname(own));
}

void host_cgroup_plan(const char *cgroup, const char *mountinfo, bool privileged,
                      struct host_cgroup_plan *ret)
{
    AUTO_FREE char *copy = xstrdup(mountinfo);
    char *rest = copy, *line;
    *ret = (struct host_cgroup_plan){0};
    while ((line = strsep(&rest, "\n"))) {
        struct mount_line m;
        if (!read_mount(line, &m))
            continue;
        if (strcmp(m.type, "cgroup2") == 0) {
            plan_v2(cgroup, &m, privileged, ret);
        } else {
            plan_v1(cgroup, &m, "memory", &ret->memory_v1);
            plan_v1(cgroup, &m, "pids", &ret->pids_v1);
        }
    }
}

void host_cgroup_plan_free(struct host_cgroup_plan *plan)
{
    free(plan->memory_v1);
    free(plan->pids_v1);
    free(plan->top_v2);
    free(plan->parent_v2);
}

static int write_in(const char *dir, const char *name, const char *text, struct error *err)
{
    AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
    return write_file(path, text, err);
}

static int write_number(const char *dir, const char *name, uint64_t number, struct error *err)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return write_in(dir, name, text, err);
}

/* A new group has no limits; swap has a file only if the kernel counts it. */
static int set_memory(const char *dir, const char *memory, const char *swap, uint64_t swap_value,
                      const struct host_cgroup_limits *limits, struct error *err)
{
    AUTO_FREE char *path = xasprintf("%s/%s", dir, swap);
    if (limits->memory && write_number(dir, memory, limits->memory, err) < 0)
        return -1;
    if (limits->memory && limits->no_swap && access(path, F_OK) == 0)
        return write_number(dir, swap, swap_value, err);
    return 0;
}

static int set_tasks(const char *dir, const struct host_cgroup_limits *limits, struct error *err)
{
    return limits->tasks ? write_number(dir, "pids.max", limits->tasks, err) : 0;
}

/* A new group, below groups that pass the controllers on. */
static int make_parent_v2(const struct host_cgroup_plan *plan, struct error *err)
{
    static const char controllers[] = "+memory +pids";
    if (plan->top_v2) {
        if (write_in(plan->top_v2, "cgroup.subtree_control", controllers, err) < 0)
            return -1;
        if (mkdir(plan->parent_v2, 0755) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make %s", plan->parent_v2);
        return write_in(plan->parent_v2, "cgroup.subtree_control", controllers, err);
    }
    AUTO_FREE char *path = xasprintf("%s/cgroup.subtree_control", plan->parent_v2);
    AUTO_FREE char *on = NULL;
    if (read_file_at(AT_FDCWD, path, NOTE_MAX, &on, NULL, err) < 0)
        return -1;
    if (!has_word(on, "memory") || !has_word(on, "pids"))
        return error_set(err, "%s does not pass on memory and pids", plan->parent_v2);
    return 0;
}

/* Writes down a directory before it is made, so that it is found if vmc is killed. */
static int make_group(FILE *note, const char *dir, struct host_cgroup *cgroup, struct error *err)
{
    if (fprintf(note, "%s\n", dir) < 0 || fflush(note) != 0)
        return error_errno(err, "cannot record a control group");
    if (mkdir(dir, 0755) < 0)
        return error_errno(err, "cannot make %s", dir);
    strings_add(&cgroup->dirs, dir);
    return 0;
}

static int make_v1(const struct host_cgroup_plan *plan, const char *id, FILE *note,
                   const struct host_cgroup_limits *limits, struct host_cgroup *cgroup,
                   struct error *err)
{
    if (!plan->memory_v1 || !plan->pids_v1)
        return error_set(err, "no %s controller is mounted", plan->memory_v1 ? "pids" : "memory");
    AUTO_FREE char *memory = xasprintf("%s/vmc-%s", plan->memory_v1, id);
    AUTO_FREE char *pids = xasprintf("%s/vmc-%s", plan->pids_v1, id);
    if (make_group(note, memory, cgroup, err) < 0 ||
        (strcmp(memory, pids) != 0 && make_group(note, pids, cgroup, err) < 0) ||
        set_memory(memory, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", limits->memory,
                   limits, err) < 0)
        return -1;
    return set_tasks(pids, limits, err);
}

static int make_v2(const struct host_cgroup_plan *plan, const char *id, FILE *note,
                   const struct host_cgroup_limits *limits, struct host_cgroup *cgroup,
                   struct error *err)
{
    if (!plan->parent_v2)
        return error_set(err, "no other group can be made beside this process's control group");
    AUTO_FREE char *dir = xasprintf("%s/%s%s", plan->parent_v2, plan->top_v2 ? "" : "vmc-", id);
    if (make_parent_v2(plan, err) < 0 || make_group(note, dir, cgroup, err) < 0 ||
        set_memory(dir, "memory.max", "memory.swap.max", 0, limits, err) < 0)
        return -1;
    return set_tasks(dir, limits, err);
}

int host_cgroup_create(int container_fd, const char *id, const struct host_cgroup_limits *limits,
                       bool privileged, struct host_cgroup *ret, struct error *err)
{
    AUTO_FREE char *cgroup = NULL;
    AUTO_FREE char *mountinfo = NULL;
    struct host_cgroup_plan plan;
    if (read_file_at(AT_FDCWD, "/proc/self/cgroup", TEXT_MAX, &cgroup, NULL, err) < 0 ||
        read_file_at(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mountinfo, NULL, err) < 0)
        return -1;
    int fd = openat(container_fd, NOTE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                    0600);
    FILE *note = fd < 0 ? NULL : fdopen(fd, "w");
    if (!note)
        return error_errno(err, "cannot record control groups");
    host_cgroup_plan(cgroup, mountinfo, privileged, &plan);
    bool v1 = plan.memory_v1 || plan.pids_v1;
    int result = v1 ? make_v1(&plan, id, note, limits, ret, err)
                    : make_v2(&plan, id, note, limits, ret, err);
    host_cgroup_plan_free(&plan);
    fclose(note);
    if (result < 0)
        host_cgroup_remove(ret);
    return result;
}

int host_cgroup_enter(const struct host_cgroup *cgroup, pid_t pid, struct error *err)
{
    for (size_t i = 0; i < cgroup->dirs.count; i++)
        if (write_number(cgroup->dirs.items[i], "cgroup.procs", (uint64_t)pid, err) < 0)
            return -1;
    return 0;
}

void host_cgroup_remove(struct host_cgroup *cgroup)
{
    for (size_t i = 0; i < cgroup->dirs.count; i++)
        if (rmdir(cgroup->dirs.items[i]) < 0)
            log_debug("cannot remove %s: %s", cgroup->dirs.items[i], strerror(errno));
    strings_free(&cgroup->dirs);
}

int host_cgroup_sweep(int container_fd, struct error *err)
{
    AUTO_FREE char *note = NULL;
    if (read_file_at(container_fd, NOTE_NAME, NOTE_MAX, &note, NULL, NULL) < 0)
        return 0;
    char *rest = note, *dir;
    int result = 0;
    /*
     * rmdir(2) removes only an empty group, whatever the note says. A group whose processes have
     * just been killed may still be giving memory back when nothing else of it is visible.
     */
    while ((dir = strsep(&rest, "\n"))) {
        if (dir[0] != '/' || rmdir(dir) == 0 || errno == ENOENT)
            continue;
        log_debug("cannot remove %s: %s", dir, strerror(errno));
        if (errno == EBUSY)
            result = error_set(err, "%s is in use; the next start removes it", dir);
    }
    return result;
}
