#include "guest-agent/container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/base/mounts.h"
#include "guest-agent/container/network.h"
#include "guest-agent/container/populate.h"
#include "guest-agent/container/rootfs.h"

static int set_sysctls(const struct sysctl_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        AUTO_FREE char *path = xasprintf("/proc/sys/%s", list->items[i].name);
        for (char *c = path + strlen("/proc/sys/"); *c; c++)
            if (*c == '.')
                *c = '/';
        if (write_file(path, list->items[i].value, err) < 0)
            return error_wrap(err, "--sysctl %s", list->items[i].name);
    }
    return 0;
}

/*
 * A tmpfs holds the provided files: the root's own ones stay as they are below. It is
 * mounted in the agent's tree, since parts of a detached mount cannot be mounted elsewhere
 * (open_tree(2)).
 */
static int provide_files(int *files, int old_root, const struct agent_config *config,
                         struct error *err)
{
    const struct file_list *list = &config->files;
    AUTO_CLOSE int store = take_fd(files);
    if (list->count == 0)
        return 0;
    if (move_mount(store, "", old_root, "mnt", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot provide files");
    for (size_t i = 0; i < list->count; i++) {
        const struct file_config *f = &list->items[i];
        if (f->optional && access(f->path, F_OK) < 0)
            continue;
        char name[32];
        snprintf(name, sizeof(name), "%zu", i);
        AUTO_CLOSE int fd = openat(store, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 || write_all(fd, f->text, strlen(f->text)) < 0)
            return error_errno(err, "cannot provide %s", f->path);
        if (mount_bind(store, name, f->path, config->shape.read_only ? MOUNT_ATTR_RDONLY : 0, err) <
            0)
            return -1;
    }
    return 0;
}

static int mount_one(int old_root, const struct mount_config *m, struct error *err)
{
    unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    AUTO_FREE char *size = xasprintf("%lld", (long long)m->size);
    AUTO_FREE char *mode = xasprintf("%llo", (long long)(m->mode ? m->mode : 01777));
    AUTO_FREE char *uid = xasprintf("%lld", (long long)m->uid);
    AUTO_FREE char *gid = xasprintf("%lld", (long long)m->gid);
    const struct mount_option tmpfs[] = {
        {"mode", mode}, {"uid", uid}, {"gid", gid}, {m->size ? "size" : NULL, size}, {0}};
    static const struct mount_option none[] = {{0}};
    AUTO_FREE char *source = NULL;
    if (m->read_only)
        attributes |= MOUNT_ATTR_RDONLY;
    switch ((enum mount_kind)m->kind) {
    case MOUNT_TMPFS:
        return mount_on_directory("tmpfs", tmpfs, attributes | (m->exec ? 0 : MOUNT_ATTR_NOEXEC),
                                  m->target, err);
    case MOUNT_VOLUME:
        source = xasprintf("volumes/%s/%s", m->tag, m->path);
        if (mount_bind(old_root, source, m->target, attributes, err) < 0)
            return error_wrap(err, "--volume");
        return 0;
    case MOUNT_DEBUGFS:
    case MOUNT_TRACEFS:
        if (mount_on_directory(m->kind == MOUNT_DEBUGFS ? "debugfs" : "tracefs", none, attributes,
                               m->target, err) == 0)
            return 0;
        return error_wrap(err, "this guest's kernel has no debugging file systems "
                               "(breeder build --config tracing makes one that has)");
    }
    return error_set(err, "unknown kind of mount");
}

static int mount_all(int old_root, const struct mount_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (mount_one(old_root, &list->items[i], err) < 0)
            return -1;
    return 0;
}

static int build(const struct agent_config *config, struct places *places, int old_root,
                 struct error *err)
{
    if (populate(&config->shape, places, old_root, err) < 0 ||
        mount_all(old_root, &config->mounts, err) < 0 ||
        provide_files(&places->files, old_root, config, err) < 0)
        return -1;
    if (config->hostname && sethostname(config->hostname, strlen(config->hostname)) < 0)
        return error_errno(err, "cannot set the host name");
    if (config->shape.netns && network_configure(&config->network, err) < 0)
        return -1;
    return set_sysctls(&config->sysctls, err);
}

int container_prepare(const struct container_shape *shape, struct places *ret, struct error *err)
{
    if (unshare(CLONE_NEWCGROUP) < 0)
        return error_errno(err, "cannot make a cgroup namespace");
    if (rootfs_follow(err) < 0 || (shape->netns && network_raise_loopback(err) < 0))
        return -1;
    return populate_prepare(shape, ret, err);
}

int container_enter(const struct agent_config *config, struct places *places, struct error *err)
{
    AUTO_CLOSE int old_root = -1;
    if (rootfs_pivot(&old_root, err) < 0 || build(config, places, old_root, err) < 0)
        return -1;
    return rootfs_leave(old_root, err);
}

static int mask(const char *path, struct error *err)
{
    static const struct mount_option none[] = {{0}};
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : error_errno(err, "cannot mask %s", path);
    if (S_ISDIR(st.st_mode))
        return mount_new("tmpfs", none, MOUNT_CONFINED | MOUNT_ATTR_RDONLY, path, err);
    return mount_bind(AT_FDCWD, "/dev/null", path, 0, err);
}

static int make_read_only(const char *path, struct error *err)
{
    if (access(path, F_OK) < 0)
        return 0;
    return mount_bind(AT_FDCWD, path, path, MOUNT_ATTR_RDONLY, err);
}

int container_seal(const struct agent_config *config, struct error *err)
{
    for (size_t i = 0; i < config->shape.readonly.count; i++)
        if (make_read_only(config->shape.readonly.items[i], err) < 0)
            return -1;
    for (size_t i = 0; i < config->shape.masked.count; i++)
        if (mask(config->shape.masked.items[i], err) < 0)
            return -1;
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    if (config->shape.read_only && mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
        return error_errno(err, "cannot make the root file system read-only");
    return 0;
}
