#include "host/jail/root.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/jail/rules.h"

/* Enough for the names of files and directories; there are no contents. */
#define ROOT_SIZE "256k"
/* In addition to a kernel's memory: a page with which it tests the file system. */
#define RAM_SLACK (64u << 10)

/* Makes the directories above path, below the directory open at root. */
static int make_parents(int root, const char *path)
{
    AUTO_FREE char *copy = xstrdup(path + 1);
    for (char *slash = copy; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        if (mkdirat(root, copy, 0755) < 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

/* Moves a detached mount to path below root, on an empty file or directory made for it. */
static int attach(int root, const char *path, bool directory, int mount_fd, struct error *err)
{
    if (make_parents(root, path) < 0)
        return error_errno(err, "cannot make a place for %s", path);
    if (directory) {
        if (mkdirat(root, path + 1, 0755) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make a place for %s", path);
    } else {
        AUTO_CLOSE int fd =
            openat(root, path + 1, O_CREAT | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
        if (fd < 0)
            return error_errno(err, "cannot make a place for %s", path);
    }
    if (move_mount(mount_fd, "", root, path + 1, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount %s", path);
    return 0;
}

/* A new file system, not attached yet. -1 with errno. */
static int make_mount(const char *type, const char *const *options, unsigned attributes)
{
    AUTO_CLOSE int fs = fsopen(type, FSOPEN_CLOEXEC);
    for (; fs >= 0 && options[0]; options += 2)
        if (fsconfig(fs, FSCONFIG_SET_STRING, options[0], options[1], 0) < 0)
            return -1;
    if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -1;
    return fsmount(fs, FSMOUNT_CLOEXEC, attributes);
}

/*
 * Complete /proc and /sys for an agent: the kernel lets a user namespace mount them for its
 * container only if it has complete ones (mount_too_revealing() in fs/namespace.c).
 */
int jail_root_attach_kernel(struct jail_child *child, int root, struct error *err)
{
    (void)child;
    static const char *const none[] = {NULL};
    static const struct {
        const char *type, *path;
    } parts[] = {{"proc", "/proc"}, {"sysfs", "/sys"}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        AUTO_CLOSE int mount_fd = make_mount(
            parts[i].type, none, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        if (mount_fd < 0)
            return error_errno(err,
                               "cannot mount a new %s, which a user namespace may do only if the "
                               "host's is not covered in part (a container engine leaves it bare "
                               "with --security-opt systempaths=unconfined or unmask=ALL)",
                               parts[i].path);
        if (attach(root, parts[i].path, true, mount_fd, err) < 0)
            return -1;
    }
    return 0;
}

/*
 * /proc with the processes of the namespace. If the kernel refuses a new one (something is mounted
 * over parts of the host's /proc), the host's stands in.
 */
static int attach_proc(struct jail_child *child, int root, const char *const *options,
                       struct error *err)
{
    unsigned attributes =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    AUTO_CLOSE int proc = make_mount("proc", options, attributes);
    if (proc < 0) {
        jail_lack(child, LAYER_PROC, "a new one cannot be mounted");
        struct mount_attr attr = {.attr_set = attributes};
        proc = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (proc < 0 || mount_setattr(proc, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
            return error_errno(err, "cannot mount /proc");
    }
    return attach(root, "/proc", true, proc, err);
}

/* QEMU's 9p needs it to name descriptors: it holds only processes, of which there is one. */
int jail_root_attach_proc(struct jail_child *child, int root, struct error *err)
{
    static const char *const options[] = {"subset", "pid", NULL};
    return attach_proc(child, root, options, err);
}

/* virtiofsd also reads how many files the host can open, and then leaves /proc behind. */
int jail_root_attach_whole_proc(struct jail_child *child, int root, struct error *err)
{
    static const char *const options[] = {NULL};
    return attach_proc(child, root, options, err);
}

/* A kernel maps its memory from a file that it makes and unlinks, and executes code in it. */
int jail_root_attach_ram(struct jail_child *child, int root, struct error *err)
{
    AUTO_FREE char *text = xasprintf("%" PRIu64, child->jail->ram + RAM_SLACK);
    const char *const options[] = {"mode", "700", "size", text, NULL};
    AUTO_CLOSE int ram = make_mount("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (ram < 0)
        return error_errno(err, "cannot make a directory for the machine's memory");
    return attach(root, JAIL_RAM_PATH, true, ram, err);
}

static int attach_all(struct jail_child *child, int root, struct error *err)
{
    const struct jail *jail = child->jail;
    const struct jail_mounts *mounts = child->mounts;
    for (size_t i = 0; i < jail->files->count; i++)
        if (attach(root, jail->files->items[i], false, mounts->files[i], err) < 0)
            return -1;
    if (jail->device && attach(root, jail->device, false, mounts->device, err) < 0)
        return -1;
    for (size_t i = 0; jail->nodes && i < jail->nodes->count; i++)
        if (attach(root, jail->nodes->items[i], false, mounts->nodes[i], err) < 0)
            return -1;
    for (size_t i = 0; i < jail->tree_count; i++)
        if (attach(root, jail->trees[i].path, true, mounts->trees[i], err) < 0)
            return -1;
    return child->rules->attach(child, root, err);
}

int jail_root_open_trees(const struct jail_child *child, struct error *err)
{
    const struct jail *jail = child->jail;
    for (size_t i = 0; i < jail->tree_count; i++)
        if (jail_open_tree(jail, &jail->trees[i], &child->mounts->trees[i], err) < 0)
            return -1;
    return 0;
}

static int seal(int root, struct error *err)
{
    struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY};
    if (mount_setattr(root, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)) < 0)
        return error_errno(err, "cannot make the root directory read-only");
    return 0;
}

int jail_root_enter(struct jail_child *child, struct error *err)
{
    static const char *const options[] = {"mode", "755", "size", ROOT_SIZE, NULL};
    AUTO_CLOSE int root =
        make_mount("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (root < 0)
        return error_errno(err, "cannot make a root directory");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount a root directory");
    if (attach_all(child, root, err) < 0)
        return -1;
    /* An agent makes mount points in it, and its container never sees it. */
    if (!child->rules->trusted && seal(root, err) < 0)
        return -1;
    /*
     * The old root now lies under the new one, pivot_root(2), and is detached with all mounts in
     * it.
     */
    if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return error_errno(err, "cannot enter the root directory");
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return error_errno(err, "cannot leave the old root directory");
    return 0;
}
