#include "host/rootfs/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "host/base/idmap.h"
#include "host/base/mount_table.h"
#include "host/base/paths.h"
#include "host/store/volume.h"

/* A mount that is part of a volume. */
struct volume_tree {
    int fd;     /* attached nowhere yet */
    char *path; /* below the source, with a '/' in front; "": the source itself */
};

struct volume_source {
    struct volume_tree *trees; /* parents come first */
    size_t count;
    bool directory;
    bool locked; /* one tree with all mounts below it, which this namespace may not separate */
    int dir_fd;  /* of a named volume */
    int lock_fd; /* keeps it from being removed */
};

static int open_beneath(int dir, const char *path, uint64_t resolve, struct error *err)
{
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve};
    int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
    return fd < 0 ? error_errno(err, "cannot open %s", path) : fd;
}

/* ---- opening ---- */

static void add_tree(struct volume_source *source, int fd, const char *path)
{
    source->trees = xrealloc(source->trees, source->count + 1, sizeof(*source->trees));
    source->trees[source->count++] = (struct volume_tree){fd, xstrdup(path)};
}

/* True for the mount of a kernel's file system, and for mounts inside one. */
static bool is_kernels(const struct mount_table *table, const char *path)
{
    for (size_t i = 0; i < table->count; i++)
        if (mount_type_is_kernel(table->items[i].type) && path_is_below(path, table->items[i].path))
            return true;
    return false;
}

/*
 * Mounts below the source come along, as with docker, except those of the kernel: a container that
 * could write to the host's /proc would be root on the host.
 */
static int open_submounts(const char *path, struct volume_source *source, struct error *err)
{
    struct mount_table table = {0};
    AUTO_FREE char *top = realpath(path, NULL);
    int result = mount_table_below(path, &table, err);
    for (size_t i = 0; i < table.count && result == 0; i++) {
        const struct mount_entry *entry = &table.items[i];
        struct statx st;
        /* A mount that another one hides is no longer a mount point. */
        if (is_kernels(&table, entry->path) ||
            statx(AT_FDCWD, entry->path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) < 0 ||
            !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
            continue;
        int fd = open_tree(AT_FDCWD, entry->path,
                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
        if (fd < 0)
            result = error_errno(err, "cannot mount %s", entry->path);
        else
            add_tree(source, fd, entry->path + (strcmp(top, "/") == 0 ? 0 : strlen(top)));
    }
    mount_table_free(&table);
    return result;
}

/*
 * First tries only the source. In a user namespace the kernel refuses to separate it from the
 * mounts below that came from outside (mount_namespaces(7)): then all of them are taken.
 */
static int open_path(int dir, const char *path, const char *shown, struct volume_source *source,
                     struct error *err)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    int fd = open_tree(dir, path, flags);
    source->locked = fd < 0 && errno == EINVAL;
    if (source->locked)
        fd = open_tree(dir, path, flags | AT_RECURSIVE);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        error_errno(err, "cannot mount %s", shown);
        close_fd(&fd);
        return -1;
    }
    add_tree(source, fd, "");
    source->directory = S_ISDIR(st.st_mode);
    if (!source->directory && !S_ISREG(st.st_mode))
        return error_set(err, "%s is neither a file nor a directory", shown);
    return source->locked || dir >= 0 ? 0 : open_submounts(path, source, err);
}

static int open_source(const struct vm_spec *spec, const struct volume_spec *volume,
                       struct volume_source *source, struct error *err)
{
    int result;
    if (volume->named && source->lock_fd < 0 &&
        named_volume_use(spec->data, volume->source, &source->dir_fd, &source->lock_fd, err) < 0)
        result = -1;
    else if (volume->named)
        result = open_path(source->dir_fd, "data", volume->source, source, err);
    else
        result = open_path(AT_FDCWD, volume->source, volume->source, source, err);
    return result < 0 ? error_wrap(err, "--volume") : 0;
}

static void close_trees(struct volume_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        close_fd(&source->trees[i].fd);
        free(source->trees[i].path);
    }
    free(source->trees);
    source->trees = NULL;
    source->count = 0;
}

/* Called again if the ids of the mounts had to be dropped. */
static int open_all(const struct vm_spec *spec, struct volumes *volumes, struct error *err)
{
    volumes->mapped = false;
    for (size_t i = 0; i < volumes->count; i++) {
        close_trees(&volumes->sources[i]);
        if (open_source(spec, &spec->volumes.items[i], &volumes->sources[i], err) < 0)
            return -1;
    }
    return 0;
}

static int map_all(const struct vm_spec *spec, const struct id_range *ids, struct volumes *volumes,
                   struct error *err)
{
    for (size_t i = 0; i < volumes->count; i++)
        for (size_t j = 0; j < volumes->sources[i].count; j++) {
            const struct volume_tree *tree = &volumes->sources[i].trees[j];
            if (idmap_tree(tree->fd, ids->userns_fd, err) < 0)
                return error_wrap(err, "%s%s", spec->volumes.items[i].source, tree->path);
        }
    volumes->mapped = true;
    return 0;
}

int volumes_open(const struct vm_spec *spec, struct id_range *ids, struct isolation *isolation,
                 struct volumes *ret, struct error *err)
{
    struct error why = ERROR_INIT;
    ret->count = spec->volumes.count;
    ret->sources = xcalloc(ret->count + 1, sizeof(*ret->sources));
    for (size_t i = 0; i < ret->count; i++)
        ret->sources[i].dir_fd = ret->sources[i].lock_fd = -1;
    if (open_all(spec, ret, err) < 0)
        return -1;
    if (!ids->first || map_all(spec, ids, ret, &why) == 0)
        return 0;
    isolation_lacks(isolation, LAYER_IDS, "%s", why.text);
    id_range_release(ids);
    return open_all(spec, ret, err);
}

/* ---- mounting ---- */

/* The directory of a share is a tmpfs that holds only mount points. */
static int make_share(const struct container *container, enum volume_cache cache,
                      struct volume_share *share, struct error *err)
{
    AUTO_FREE char *name = xasprintf("volumes-%s", volume_cache_name(cache));
    AUTO_FREE char *options = xasprintf("mode=755,size=64k,nr_inodes=%d", VOLUMES_MAX + 2);
    if (state_mkdir(container, name, &share->path, err) < 0)
        return -1;
    if (mount("vmc-volumes", share->path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
        return error_errno(err, "cannot mount %s", share->path);
    share->read_only = true;
    return 0;
}

/*
 * Other containers may be changing the volume: names in it must not lead out of it, or to another
 * mount.
 */
static int attach_tree(int top, const struct volume_tree *tree, struct error *err)
{
    AUTO_CLOSE int place =
        open_beneath(top, tree->path + 1, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, err);
    if (place < 0)
        return -1;
    if (move_mount(tree->fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount %s", tree->path);
    return 0;
}

/* Hides the mounts that could not be left out. */
static int cover_kernels(const char *path, struct error *err)
{
    struct mount_table table = {0};
    int result = mount_table_below(path, &table, err);
    for (size_t i = 0; i < table.count && result == 0; i++)
        if (mount_type_is_kernel(table.items[i].type))
            result = mount_cover(table.items[i].path, err);
    mount_table_free(&table);
    return result;
}

static int restrict_trees(const struct volume_spec *volume, const struct volume_source *source,
                          struct error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                                          (volume->read_only ? MOUNT_ATTR_RDONLY : 0)};
    for (size_t i = 0; i < source->count; i++)
        if (mount_setattr(source->trees[i].fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
                          sizeof(attr)) < 0)
            return error_errno(err, "cannot restrict the mount");
    return 0;
}

static int attach_source(const struct volume_spec *volume, const struct volume_source *source,
                         const char *path, struct error *err)
{
    if (source->directory) {
        if (mkdir(path, 0755) < 0)
            return error_errno(err, "cannot make %s", path);
    } else {
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
        if (fd < 0)
            return error_errno(err, "cannot make %s", path);
    }
    if (restrict_trees(volume, source, err) < 0)
        return -1;
    if (move_mount(source->trees[0].fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount %s", path);
    for (size_t i = 1; i < source->count; i++)
        if (attach_tree(source->trees[0].fd, &source->trees[i], err) < 0)
            return -1;
    return source->locked ? cover_kernels(path, err) : 0;
}

static int attach_all(const struct vm_spec *spec, const struct container *container,
                      struct volumes *volumes, struct error *err)
{
    for (size_t i = 0; i < volumes->count; i++) {
        const struct volume_spec *volume = &spec->volumes.items[i];
        struct volume_share *share = &volumes->shares[volume->cache];
        if (!share->path && make_share(container, volume->cache, share, err) < 0)
            return -1;
        AUTO_FREE char *path = xasprintf("%s/%zu", share->path, i);
        if (attach_source(volume, &volumes->sources[i], path, err) < 0)
            return error_wrap(err, "--volume %s", volume->source);
        share->read_only = share->read_only && volume->read_only;
    }
    return 0;
}

static int seal_shares(const struct volumes *volumes, struct error *err)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    for (size_t i = 0; i < VOLUME_CACHE_COUNT; i++)
        if (volumes->shares[i].path &&
            mount_setattr(AT_FDCWD, volumes->shares[i].path, 0, &attr, sizeof(attr)) < 0)
            return error_errno(err, "cannot make %s read-only", volumes->shares[i].path);
    return 0;
}

/* ---- mount points in a tree that must not change ---- */

static bool is_made_by_guest(const struct vm_spec *spec, size_t number)
{
    const char *target = spec->volumes.items[number].target;
    if (path_is_below(target, "/dev"))
        return true;
    for (size_t i = 0; i < number; i++)
        if (path_is_below(target, spec->volumes.items[i].target))
            return true;
    return false;
}

static int check_places(const struct vm_spec *spec, const char *rootfs,
                        const struct volumes *volumes, struct error *err)
{
    AUTO_CLOSE int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < volumes->count; i++) {
        const char *target = spec->volumes.items[i].target;
        bool directory = volumes->sources[i].directory;
        struct stat st;
        if (is_made_by_guest(spec, i))
            continue;
        AUTO_CLOSE int fd =
            open_beneath(root, target, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, NULL);
        if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) != directory)
            return error_set(err,
                             "--volume: %s has no %s %s, and with --direct nothing is added to it: "
                             "make one there first",
                             spec->rootfs, directory ? "directory" : "file", target);
    }
    return 0;
}

int volumes_attach(const struct vm_spec *spec, const struct container *container,
                   const struct id_range *ids, const char *rootfs, struct volumes *volumes,
                   struct error *err)
{
    if (volumes->mapped && !ids->first && open_all(spec, volumes, err) < 0)
        return -1;
    if (spec->upper == UPPER_NONE && check_places(spec, rootfs, volumes, err) < 0)
        return -1;
    if (attach_all(spec, container, volumes, err) < 0)
        return -1;
    return seal_shares(volumes, err);
}

void volumes_free(struct volumes *volumes)
{
    for (size_t i = 0; i < VOLUME_CACHE_COUNT; i++) {
        char *path = volumes->shares[i].path;
        /* The namespace would unmount them, but the mount points are removed before that. */
        if (path && umount2(path, MNT_DETACH) < 0 && errno != EINVAL)
            log_debug("cannot unmount %s", path);
        free(path);
    }
    for (size_t i = 0; i < volumes->count; i++) {
        close_trees(&volumes->sources[i]);
        close_fd(&volumes->sources[i].dir_fd);
        close_fd(&volumes->sources[i].lock_fd);
    }
    free(volumes->sources);
    *volumes = (struct volumes){0};
}
