#include "host/jail/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "host/jail/rules.h"

/* A device works through a read-only mount, but its mode and owner cannot be changed. */
#define DEVICE_ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)

/* A new mount of path, not attached yet, with attributes that cannot be undone in a jail. */
static int open_mount(const char *path, unsigned flags, uint64_t attributes, int *ret_fd,
                      struct error *err)
{
    struct mount_attr attr = {.attr_set = attributes};
    AUTO_CLOSE int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
    if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0)
        return error_errno(err, "cannot put %s into the jail", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

void jail_mounts_close(const struct jail *jail, struct jail_mounts *mounts)
{
    for (size_t i = 0; i < jail->files->count; i++)
        close_fd(&mounts->files[i]);
    for (size_t i = 0; i < jail->tree_count; i++)
        close_fd(&mounts->trees[i]);
    for (size_t i = 0; jail->nodes && i < jail->nodes->count; i++)
        close_fd(&mounts->nodes[i]);
    close_fd(&mounts->device);
    free(mounts->nodes);
    free(mounts->files);
    free(mounts->trees);
}

static int *no_descriptors(size_t count)
{
    int *fds = xcalloc(count + 1, sizeof(*fds));
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    return fds;
}

/* The node of the device in a new file system, only for the range's root. */
static int make_device(const struct jail *jail, const char *dir, struct error *err)
{
    AUTO_FREE char *path = xasprintf("%s/device", dir);
    struct stat st;
    if (stat(jail->device, &st) < 0 || mount("vmc-device", dir, "tmpfs", 0, "size=4k,mode=700") < 0)
        return error_errno(err, "%s", jail->device);
    if (mknod(path, S_IFCHR | 0600, st.st_rdev) < 0 ||
        chown(path, jail->ids->first, jail->ids->first) < 0)
        return error_errno(err, "cannot make a %s for the jail", jail->device);
    return 0;
}

/*
 * The host's own node belongs to root, or to a group that the range is not in, and a file system of
 * devices cannot be idmapped.
 */
static int open_own_device(const struct jail *jail, int *ret_fd, struct error *err)
{
    AUTO_FREE char *dir = xasprintf("%s/device", jail->container->dir);
    AUTO_FREE char *path = xasprintf("%s/device", dir);
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make %s", dir);
    int result = make_device(jail, dir, err);
    if (result == 0)
        result = open_mount(path, 0, DEVICE_ATTRIBUTES, ret_fd, err);
    umount2(dir, MNT_DETACH);
    return result;
}

/* A machine reads the files of a tree; a container runs its programs. */
int jail_open_tree(const struct jail *jail, const struct jail_tree *tree, int *ret_fd,
                   struct error *err)
{
    uint64_t attributes = MOUNT_ATTR_NODEV | (tree->read_only ? MOUNT_ATTR_RDONLY : 0);
    if (!jail_rules(jail->tenant)->trusted)
        attributes |= MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    return open_mount(tree->source, AT_RECURSIVE, attributes, ret_fd, err);
}

int jail_mounts_open(const struct jail *jail, struct jail_mounts *ret, struct error *err)
{
    *ret = (struct jail_mounts){
        .files = no_descriptors(jail->files->count),
        .trees = no_descriptors(jail->tree_count),
        .nodes = no_descriptors(jail->nodes ? jail->nodes->count : 0),
        .device = -1,
    };
    uint64_t file = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    for (size_t i = 0; i < jail->files->count; i++)
        if (open_mount(jail->files->items[i], 0, file, &ret->files[i], err) < 0)
            return -1;
    for (size_t i = 0; !jail_rules(jail->tenant)->trusted && i < jail->tree_count; i++)
        if (jail_open_tree(jail, &jail->trees[i], &ret->trees[i], err) < 0)
            return -1;
    for (size_t i = 0; jail->nodes && i < jail->nodes->count; i++)
        if (open_mount(jail->nodes->items[i], 0, DEVICE_ATTRIBUTES, &ret->nodes[i], err) < 0)
            return -1;
    if (!jail->device)
        return 0;
    if (jail->ids)
        return open_own_device(jail, &ret->device, err);
    return open_mount(jail->device, 0, DEVICE_ATTRIBUTES, &ret->device, err);
}
