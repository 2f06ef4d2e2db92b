#include "host/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "host/upper_disk.h"

/*
 * Hides a file system that is mounted below the share under an empty read-only tmpfs. A single
 * file mounted there (as container engines do with /etc/hosts) stays: it belongs to the tree.
 */
static int cover_mount(const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return 0;
    if (mount("vmc-cover", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k,mode=755") < 0)
        return error_errno(err, "cannot cover the file system mounted at %s", path);
    return 0;
}

/* Undoes the octal escapes of proc(5) mountinfo (space, tab, newline, backslash) in place. */
static void unescape(char *text)
{
    char *out = text;
    for (char *in = text; *in; out++) {
        unsigned code;
        if (in[0] == '\\' && sscanf(in, "\\%3o", &code) == 1) {
            *out = (char)code;
            in += 4;
        } else {
            *out = *in++;
        }
    }
    *out = '\0';
}

/* Covers every mount whose parent is the mount at share: those below them go with them. */
static int cover_submounts(const char *mount_point, struct error *err)
{
    /* mountinfo names mounts by their real path. */
    AUTO_FREE char *share = realpath(mount_point, NULL);
    if (!share)
        return error_errno(err, "cannot resolve %s", mount_point);
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", 16u << 20, &text, NULL, err) < 0)
        return -1;
    size_t length = strlen(share);
    struct strings covered = {0};
    int result = 0;
    char *rest = text, *line;
    while (result == 0 && (line = strsep(&rest, "\n"))) {
        char path[4096];
        if (sscanf(line, "%*d %*d %*s %*s %4095s", path) != 1)
            continue;
        unescape(path);
        if (strncmp(path, share, length) != 0 || path[length] != '/')
            continue;
        /* mountinfo lists parents first: what is below a covered one is out of sight already. */
        bool below = false;
        for (size_t i = 0; i < covered.count && !below; i++) {
            size_t n = strlen(covered.items[i]);
            below = strncmp(path, covered.items[i], n) == 0 && (path[n] == '/' || path[n] == '\0');
        }
        if (below)
            continue;
        strings_add(&covered, path);
        result = cover_mount(path, err);
    }
    strings_free(&covered);
    return result;
}

/*
 * Mounts the rootfs alone, without what is mounted below it. In a user namespace the kernel
 * refuses to separate a tree from the mounts that came from outside (mount_namespaces(7)): there
 * the whole tree is taken and the other file systems are covered.
 */
static int mount_tree(const char *rootfs, const char *share, struct error *err)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    AUTO_CLOSE int tree = open_tree(AT_FDCWD, rootfs, flags);
    bool locked = tree < 0 && errno == EINVAL;
    if (locked)
        tree = open_tree(AT_FDCWD, rootfs, flags | AT_RECURSIVE);
    if (tree < 0 || move_mount(tree, "", AT_FDCWD, share, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount %s", rootfs);
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
 * An overlay at share. The lower layer is named by descriptor: no character of a path, comma or
 * colon, can be taken for syntax (Documentation/filesystems/overlayfs.rst).
 */
static int mount_overlay(const struct vm_spec *spec, const char *share, const char *upper,
                         const char *work, struct error *err)
{
    char lower[64];
    AUTO_CLOSE int rootfs = open(spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(lower, sizeof(lower), "/proc/self/fd/%d", rootfs);
    AUTO_CLOSE int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (fs < 0)
        return error_errno(err, "overlayfs is not available on this host (modprobe overlay)");
    int failed =
        set_option(fs, "source", "vmc") < 0 || set_option(fs, "lowerdir", lower) < 0 ||
        set_option(fs, "upperdir", upper) < 0 || set_option(fs, "workdir", work) < 0 ||
        (spec->unprivileged && fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0) ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0;
    if (failed && errno == EINVAL && spec->unprivileged)
        return error_set(err,
                         "--upper host cannot be used without privileges on %s, since other "
                         "file systems are mounted below it; --upper ram can",
                         spec->rootfs);
    AUTO_CLOSE int mnt = failed ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
    if (mnt < 0 || move_mount(mnt, "", AT_FDCWD, share, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err,
                           "cannot put an overlay on %s for --upper host; --upper ram needs "
                           "none on the host",
                           spec->rootfs);
    return 0;
}

static int prepare_host_upper(const struct vm_spec *spec, const struct container *container,
                              const char *share, struct error *err)
{
    AUTO_FREE char *upper = NULL;
    AUTO_FREE char *work = NULL;
    if (state_mkdir(container, "upper", &upper, err) < 0 ||
        state_mkdir(container, "work", &work, err) < 0)
        return -1;
    /* The root of the merged tree takes its owner and mode from the upper directory. */
    struct stat st;
    if (stat(spec->rootfs, &st) < 0 || chmod(upper, st.st_mode & 07777) < 0)
        return error_errno(err, "cannot set the mode of %s", upper);
    if (chown(upper, st.st_uid, st.st_gid) < 0)
        log_debug("the container's / belongs to its root: %s's owner is not mapped", spec->rootfs);
    return mount_overlay(spec, share, upper, work, err);
}

int rootfs_prepare(const struct vm_spec *spec, const struct container *container,
                   struct rootfs *ret, struct error *err)
{
    if (state_mkdir(container, "share", &ret->share, err) < 0)
        return -1;
    if (spec->upper == UPPER_HOST)
        return prepare_host_upper(spec, container, ret->share, err);
    if (mount_tree(spec->rootfs, ret->share, err) < 0)
        return -1;
    ret->read_only = spec->upper != UPPER_NONE;
    if (ret->read_only && make_read_only(ret->share, err) < 0)
        return -1;
    return spec->upper == UPPER_DISK ? upper_disk_create(spec->upper_size, &ret->disk_fd, err) : 0;
}

void rootfs_free(struct rootfs *rootfs)
{
    /* Gone with the namespace anyway, but the mount point is to be removed before that. */
    if (rootfs->share && umount2(rootfs->share, MNT_DETACH) < 0 && errno != EINVAL)
        log_debug("cannot unmount %s", rootfs->share);
    free(rootfs->share);
    close_fd(&rootfs->disk_fd);
    *rootfs = (struct rootfs)ROOTFS_INIT;
}
