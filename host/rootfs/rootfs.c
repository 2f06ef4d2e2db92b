#include "host/rootfs/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "host/base/idmap.h"
#include "host/base/mount_table.h"
#include "host/spec/rootfs_image.h"
#include "host/store/disk_image.h"
#include "host/store/kept_upper.h"

/* Covers every mount below the share; mounts inside a covered one are hidden with it. */
static int cover_submounts(const char *share, struct error *err)
{
    struct mount_table table = {0};
    int result = mount_table_below(share, &table, err);
    for (size_t i = 0; i < table.count && result == 0; i++)
        result = mount_cover(table.items[i].path, err);
    mount_table_free(&table);
    return result;
}

/*
 * Only the rootfs, without the mounts below it, as a mount that is not attached yet. In a user
 * namespace the kernel refuses to separate a tree from mounts that came from outside
 * (mount_namespaces(7)): there the whole tree is taken, and *ret_locked is set.
 */
static int open_rootfs(const char *rootfs, int *ret_fd, bool *ret_locked, struct error *err)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    int tree = open_tree(AT_FDCWD, rootfs, flags);
    *ret_locked = tree < 0 && errno == EINVAL;
    if (*ret_locked)
        tree = open_tree(AT_FDCWD, rootfs, flags | AT_RECURSIVE);
    if (tree < 0)
        return error_errno(err, "cannot mount %s", rootfs);
    *ret_fd = tree;
    return 0;
}

/* Shows the files under the range's ids, or releases the range. */
static void map_ids(int tree, const char *rootfs, struct id_range *ids, struct isolation *isolation)
{
    struct error why = ERROR_INIT;
    if (!ids->first || idmap_tree(tree, ids->userns_fd, &why) == 0)
        return;
    isolation_lacks(isolation, LAYER_IDS, "%s: %s", rootfs, why.text);
    id_range_release(ids);
}

static int mount_tree(const struct rootfs_source *source, const char *share, struct id_range *ids,
                      struct isolation *isolation, struct error *err)
{
    AUTO_CLOSE int tree = -1;
    bool locked;
    if (open_rootfs(source->path, &tree, &locked, err) < 0)
        return -1;
    map_ids(tree, source->path, ids, isolation);
    if (move_mount(tree, "", AT_FDCWD, share, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount %s", source->path);
    /* Hides the host's other file systems. */
    return locked ? cover_submounts(share, err) : 0;
}

static int make_read_only(const char *share, struct error *err)
{
    struct mount_attr attr = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    };
    if (mount_setattr(AT_FDCWD, share, AT_RECURSIVE, &attr, sizeof(attr)) < 0)
        return error_errno(err, "cannot make %s read-only", share);
    return 0;
}

static int set_option(int fs, const char *key, const char *value)
{
    return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/*
 * A mounted overlay, not attached yet. The layers are named by descriptor: a comma or colon in a
 * path cannot be taken for syntax (Documentation/filesystems/overlayfs.rst).
 */
struct overlay {
    const char *lower, *upper, *work; /* paths */
    bool user_xattr;                  /* made without the right to trusted.* attributes */
    int fds[3];
};

static void close_layers(struct overlay *overlay)
{
    for (size_t i = 0; i < ARRAY_LEN(overlay->fds); i++)
        close_fd(&overlay->fds[i]);
}

static int open_layers(void *arg, struct error *err)
{
    struct overlay *overlay = arg;
    const char *const paths[] = {overlay->lower, overlay->upper, overlay->work};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        overlay->fds[i] = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (overlay->fds[i] < 0)
            return error_errno(err, "cannot open %s", paths[i]);
    }
    return 0;
}

/* Returns the mount's descriptor, or -1. Closes the layers. */
static int make_overlay(void *arg, struct error *err)
{
    static const char *const keys[] = {"lowerdir", "upperdir", "workdir"};
    struct overlay *overlay = arg;
    AUTO_CLOSE int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (fs < 0)
        return error_errno(err, "overlayfs is not available on this host (modprobe overlay)");
    bool failed = set_option(fs, "source", "vmc") < 0;
    for (size_t i = 0; i < ARRAY_LEN(keys) && !failed; i++) {
        char layer[64];
        snprintf(layer, sizeof(layer), "/proc/self/fd/%d", overlay->fds[i]);
        failed = set_option(fs, keys[i], layer) < 0;
    }
    failed = failed ||
             (overlay->user_xattr && fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0) ||
             fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0;
    int mount_fd = failed ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
    if (mount_fd < 0)
        error_errno(err, "cannot put an overlay on it for --upper host; --upper ram needs none on "
                         "the host");
    close_layers(overlay);
    return mount_fd;
}

/*
 * Makes the overlay and attaches it at share. With a range, the range's root makes it, since an
 * overlay cannot be idmapped but its layers can: whatever the guest writes is then written by that
 * root.
 */
static int mount_overlay(const struct rootfs_source *source, struct overlay *overlay,
                         const char *share, const struct id_range *ids, struct error *err)
{
    AUTO_CLOSE int mount_fd = -1;
    if (ids->first)
        mount_fd = idmap_run(ids->userns_fd, open_layers, make_overlay, overlay, err);
    else if (open_layers(overlay, err) == 0)
        mount_fd = make_overlay(overlay, err);
    if (mount_fd < 0 && errno == EINVAL && source->unprivileged)
        return error_set(err,
                         "--upper host cannot be used without privileges on %s, since other file "
                         "systems are mounted below it; --upper ram can",
                         source->path);
    if (mount_fd < 0)
        return error_wrap(err, "%s", source->path);
    if (move_mount(mount_fd, "", AT_FDCWD, share, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount the overlay");
    return 0;
}

/* The overlay's directories, which belong to the root that writes in them. */
static int make_layers(const struct rootfs_source *source, const struct container *container,
                       const struct id_range *ids, char **ret_upper, char **ret_work,
                       struct error *err)
{
    if (state_mkdir(container, "upper", ret_upper, err) < 0 ||
        state_mkdir(container, "work", ret_work, err) < 0)
        return -1;
    /* The root of the merged tree takes its owner and mode from the upper directory. */
    struct stat st;
    if (stat(source->path, &st) < 0 || chmod(*ret_upper, st.st_mode & 07777) < 0)
        return error_errno(err, "cannot set the mode of %s", *ret_upper);
    if (ids->first && (st.st_uid >= ID_RANGE_COUNT || st.st_gid >= ID_RANGE_COUNT))
        st.st_uid = st.st_gid = 0;
    if (chown(*ret_upper, ids->first + st.st_uid, ids->first + st.st_gid) < 0)
        log_debug("the container's / belongs to its root: %s's owner is not mapped", source->path);
    if (ids->first && chown(*ret_work, ids->first, ids->first) < 0)
        return error_errno(err, "cannot change the owner of %s", *ret_work);
    return 0;
}

/* The rootfs under the range's ids, as a lower layer. */
static int mount_lower(const struct rootfs_source *source, const struct container *container,
                       struct id_range *ids, struct isolation *isolation, char **ret_path,
                       struct error *err)
{
    if (state_mkdir(container, "lower", ret_path, err) < 0 ||
        mount_tree(source, *ret_path, ids, isolation, err) < 0)
        return -1;
    return make_read_only(*ret_path, err);
}

/* *ret_lower is where the lower layer is mounted, also on failure. */
static int make_host_upper(const struct rootfs_source *source, const struct container *container,
                           struct id_range *ids, struct isolation *isolation, const char *share,
                           char **ret_lower, struct error *err)
{
    AUTO_FREE char *upper = NULL;
    AUTO_FREE char *work = NULL;
    if (ids->first && mount_lower(source, container, ids, isolation, ret_lower, err) < 0)
        return -1;
    if (make_layers(source, container, ids, &upper, &work, err) < 0)
        return -1;
    struct overlay overlay = {
        .lower = *ret_lower ? *ret_lower : source->path,
        .upper = upper,
        .work = work,
        .user_xattr = source->unprivileged || ids->first,
        .fds = {-1, -1, -1},
    };
    return mount_overlay(source, &overlay, share, ids, err);
}

static int prepare_host_upper(const struct rootfs_source *source, const struct container *container,
                              struct id_range *ids, struct isolation *isolation, const char *share,
                              struct error *err)
{
    AUTO_FREE char *lower = NULL;
    int result = make_host_upper(source, container, ids, isolation, share, &lower, err);
    /* The overlay keeps its own reference to the layer. */
    if (lower && umount2(lower, MNT_DETACH) < 0 && result == 0)
        return error_errno(err, "cannot unmount %s", lower);
    return result;
}

int rootfs_show(const struct rootfs_source *source, const struct container *container,
                struct id_range *ids, struct isolation *isolation, struct rootfs *ret,
                struct error *err)
{
    ret->read_only = source->upper == UPPER_RAM || source->upper == UPPER_DISK;
    if (source->image)
        return rootfs_image_open(source->path, &ret->image_fd, NULL, err);
    if (state_mkdir(container, "share", &ret->share, err) < 0)
        return -1;
    if (source->upper == UPPER_HOST)
        return prepare_host_upper(source, container, ids, isolation, ret->share, err);
    if (mount_tree(source, ret->share, ids, isolation, err) < 0)
        return -1;
    return ret->read_only ? make_read_only(ret->share, err) : 0;
}

int rootfs_prepare(const struct vm_spec *spec, const struct container *container,
                   struct id_range *ids, struct isolation *isolation, struct rootfs *ret,
                   struct error *err)
{
    const struct rootfs_source source = {
        .path = spec->rootfs,
        .image = spec->image,
        .upper = spec->upper,
        .unprivileged = spec->unprivileged,
    };
    if (rootfs_show(&source, container, ids, isolation, ret, err) < 0)
        return -1;
    if (spec->upper != UPPER_DISK)
        return 0;
    if (!spec->keep)
        return upper_disk_create(spec->upper_size, &ret->disk_fd, err);
    ret->kept = true;
    return kept_upper_open(spec->data, spec->name ? spec->name : container->id, spec->rootfs,
                           spec->upper_size, &ret->disk_fd, err);
}

void rootfs_free(struct rootfs *rootfs)
{
    /* The namespace would unmount it, but the mount point is removed before that. */
    if (rootfs->share && umount2(rootfs->share, MNT_DETACH) < 0 && errno != EINVAL)
        log_debug("cannot unmount %s", rootfs->share);
    free(rootfs->share);
    close_fd(&rootfs->image_fd);
    close_fd(&rootfs->disk_fd);
    *rootfs = (struct rootfs)ROOTFS_INIT;
}
