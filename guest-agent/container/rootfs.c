#include "guest-agent/container/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/util.h"
#include "guest-agent/base/disks.h"
#include "guest-agent/base/mounts.h"
#include "guest-agent/container/file_capabilities.h"

/* More places in the initramfs, beside those of the contract; it is tmpfs or ramfs, so directories
 * cost nothing. */
#define UPPER_PATH "/upper"
#define FILES_PATH "/volume-files"

/* virtio carries at most 512000 bytes (126 pages and headers, net/9p/trans_virtio.c). */
#define NINE_P_OPTIONS                                                                             \
    {"trans", "virtio"}, {"version", "9p2000.L"},                                                  \
    {                                                                                              \
        "msize", "512000"                                                                          \
    }

/* A directory of what the kernel's own process sees of the host; the path is under both names. */
static int mount_hostfs(const char *source, unsigned attributes, const char *target,
                        struct error *err)
{
    const struct mount_option options[] = {{"source", source}, {"hostfs", source}, {NULL, NULL}};
    return mount_on_directory("hostfs", options, attributes, target, err);
}

/*
 * How much is kept, and for how long, is the server's to say. What is mounted in the share on the
 * host becomes a mount here when it is first looked at, with these attributes.
 */
static int mount_virtiofs(const char *tag, unsigned attributes, const char *target,
                          struct error *err)
{
    const struct mount_option options[] = {
        {"source", tag}, {attributes & MOUNT_ATTR_RDONLY ? "ro" : NULL, NULL}, {0}};
    int result = mount_on_directory("virtiofs", options, attributes, target, err);
    return result < 0 && errno == ENODEV
               ? error_set(err, "this kernel has no virtiofs (CONFIG_VIRTIO_FS)")
               : result;
}

static int mount_share_readonly(const struct agent_config *config, struct error *err)
{
    if (config->hostfs)
        return mount_hostfs(SHARE_PATH, MOUNT_ATTR_RDONLY, SHARE_PATH, err);
    if (config->shape.virtiofs)
        return mount_virtiofs(ROOTFS_MOUNT_TAG, MOUNT_ATTR_RDONLY, SHARE_PATH, err);
    /* The host promises that nobody changes the tree while the guest runs. */
    static const struct mount_option options[] = {
        {"source", ROOTFS_MOUNT_TAG}, NINE_P_OPTIONS, {"cache", "loose"},
        {"posixacl", NULL},           {"ro", NULL},   {0}};
    return mount_on_directory("9p", options, MOUNT_ATTR_RDONLY, SHARE_PATH, err);
}

static int mount_image(struct error *err)
{
    AUTO_FREE char *device = NULL;
    if (disk_find(ROOTFS_DISK_SERIAL, &device, err) < 0)
        return -1;
    const struct mount_option options[] = {{"source", device}, {"ro", NULL}, {0}};
    return mount_on_directory("erofs", options, MOUNT_ATTR_RDONLY, SHARE_PATH, err);
}

static int mount_share_writable(const struct agent_config *config, struct error *err)
{
    if (config->hostfs)
        return mount_hostfs(SHARE_PATH, 0, ROOT_PATH, err);
    return mount_virtiofs(ROOTFS_MOUNT_TAG, 0, ROOT_PATH, err);
}

static int mount_upper_ram(uint64_t size, struct error *err)
{
    AUTO_FREE char *text = xasprintf("%" PRIu64, size);
    const struct mount_option options[] = {
        {"mode", "0755"}, {size ? "size" : NULL, text}, {NULL, NULL}};
    return mount_on_directory("tmpfs", options, 0, UPPER_PATH, err);
}

static int mount_upper_disk(struct error *err)
{
    AUTO_FREE char *device = NULL;
    if (disk_find(UPPER_DISK_SERIAL, &device, err) < 0)
        return -1;
    const struct mount_option options[] = {{"source", device}, {NULL, NULL}};
    return mount_on_directory("ext4", options, 0, UPPER_PATH, err);
}

/* The root directory of an overlay has the owner and mode of its upper layer: copy the lower's. */
static int make_upper_directory(bool *ret_new, struct error *err)
{
    struct stat st;
    *ret_new = false;
    if (stat(SHARE_PATH, &st) < 0)
        return error_errno(err, "cannot look at the root file system");
    if (mkdir(UPPER_PATH "/work", 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make the overlay's work directory");
    /* A kept disk has it already, as the last run has left it. */
    if (access(UPPER_PATH "/upper", F_OK) == 0)
        return 0;
    if (mkdir(UPPER_PATH "/new", 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make the upper directory");
    /* EINVAL: on a host, an owner that the user namespace does not know. */
    if ((chown(UPPER_PATH "/new", st.st_uid, st.st_gid) < 0 && errno != EINVAL) ||
        chmod(UPPER_PATH "/new", st.st_mode & 07777) < 0 ||
        rename(UPPER_PATH "/new", UPPER_PATH "/upper") < 0)
        return error_errno(err, "cannot prepare the upper directory");
    *ret_new = true;
    return 0;
}

/* The upper disk is another one in each copy; an image and a file system in memory are not. */
static bool is_all_prepared(const struct container_shape *shape)
{
    return shape->image && shape->upper == UPPER_RAM;
}

/*
 * userxattr: nobody in a user namespace may write the attributes that are used otherwise, and the
 * kernel has no redirects then. redirect_dir: directories of the tree can be renamed; metacopy: a
 * change of owner, mode or times copies no contents; index: the names of a file stay one file's,
 * where the tree has file handles.
 */
static int mount_overlay(const struct container_shape *shape, bool *ret_new, struct error *err)
{
    bool trusted = !shape->hosted, indexed = is_all_prepared(shape) && trusted;
    const struct mount_option options[] = {
        {"source", "overlay"},
        {"lowerdir", SHARE_PATH},
        {"upperdir", UPPER_PATH "/upper"},
        {"workdir", UPPER_PATH "/work"},
        {trusted ? "redirect_dir" : "userxattr", trusted ? "on" : NULL},
        {trusted ? "metacopy" : NULL, "on"},
        {indexed ? "index" : NULL, "on"},
        {0},
    };
    if (make_upper_directory(ret_new, err) < 0 ||
        mount_on_directory("overlay", options, 0, ROOT_PATH, err) < 0)
        return -1;
    /* The overlay keeps its layers; the workload's mount table need not show them. */
    if (umount2(SHARE_PATH, MNT_DETACH) < 0 || umount2(UPPER_PATH, MNT_DETACH) < 0)
        return error_errno(err, "cannot hide the layers of the root file system");
    return 0;
}

static bool writes_through(const struct container_shape *shape)
{
    return shape->upper == UPPER_HOST || shape->upper == UPPER_NONE;
}

static int propagate(uint64_t propagation, struct error *err)
{
    struct mount_attr attr = {.propagation = propagation};
    if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
        return error_errno(err, "cannot change mount propagation");
    return 0;
}

int rootfs_prepare(const struct container_shape *shape, struct error *err)
{
    if (propagate(MS_SHARED, err) < 0 || (shape->image && mount_image(err) < 0))
        return -1;
    if (shape->upper == UPPER_RAM && mount_upper_ram((uint64_t)shape->upper_size, err) < 0)
        return -1;
    bool ignored;
    return is_all_prepared(shape) ? mount_overlay(shape, &ignored, err) : 0;
}

int rootfs_mount_share(const struct agent_config *config, struct error *err)
{
    if (config->shape.image)
        return 0;
    if (writes_through(&config->shape))
        return mount_share_writable(config, err);
    return mount_share_readonly(config, err);
}

int rootfs_build(const struct agent_config *config, struct error *err)
{
    const struct container_shape *shape = &config->shape;
    bool is_new;
    if (writes_through(shape) || is_all_prepared(shape))
        return 0;
    if (shape->upper == UPPER_DISK && mount_upper_disk(err) < 0)
        return -1;
    if (mount_overlay(shape, &is_new, err) < 0)
        return -1;
    return is_new ? file_capabilities_set(&config->file_capabilities, ROOT_PATH, err) : 0;
}

/* A tag is mounted once, whatever number of volumes it carries. */
static bool is_mounted(const struct mount_list *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (list->items[j].kind == MOUNT_VOLUME &&
            strcmp(list->items[j].tag, list->items[i].tag) == 0)
            return true;
    return false;
}

static int mount_volume_share(const struct mount_config *m, const char *target, struct error *err)
{
    const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (m->virtiofs)
        return mount_virtiofs(m->tag, attributes, target, err);
    const struct mount_option options[] = {{"source", m->tag},
                                           NINE_P_OPTIONS,
                                           {"cache", m->cache ? m->cache : "mmap"},
                                           {"posixacl", NULL},
                                           {NULL, NULL}};
    return mount_on_directory("9p", options, attributes, target, err);
}

/*
 * Each directory is a mount of its own: hostfs knows one by its inode and has it in one place of a
 * mount, where the last look found it (d_splice_alias()), and two volumes may show the same one.
 */
static int mount_hostfs_volume(const struct mount_config *m, struct error *err)
{
    const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    AUTO_FREE char *share = xasprintf("%s/%s", VOLUMES_PATH, m->tag);
    AUTO_FREE char *target = xasprintf("%s/%s", share, m->path);
    AUTO_FREE char *files = xasprintf("%s/%s", FILES_PATH, m->tag);
    AUTO_FREE char *file = xasprintf("%s/%s", files, m->path);
    const struct mount_option options[] = {{"source", target}, {"hostfs", target}, {NULL, NULL}};
    struct stat st;
    AUTO_CLOSE int fd = mount_detached("hostfs", options, attributes, err);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return error_errno(err, "%s", target);
    if (S_ISDIR(st.st_mode)) {
        if (mount_point_make(target, true, err) < 0)
            return -1;
        if (move_mount(fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
            return error_errno(err, "cannot mount %s", target);
        return 0;
    }
    /* A file's path goes through a directory; the share's will do, since files have many places. */
    if (access(files, F_OK) < 0 && mount_hostfs(share, attributes, files, err) < 0)
        return -1;
    return mount_bind(AT_FDCWD, file, target, 0, err);
}

static int mount_hostfs_volumes(const struct mount_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == MOUNT_VOLUME && mount_hostfs_volume(&list->items[i], err) < 0)
            return -1;
    return 0;
}

int rootfs_mount_volumes(const struct agent_config *config, struct error *err)
{
    const struct mount_list *list = &config->mounts;
    if (config->hostfs)
        return mount_hostfs_volumes(list, err);
    for (size_t i = 0; i < list->count; i++) {
        const struct mount_config *m = &list->items[i];
        if (m->kind != MOUNT_VOLUME || is_mounted(list, i))
            continue;
        AUTO_FREE char *target = xasprintf("%s/%s", VOLUMES_PATH, m->tag);
        if (mount_volume_share(m, target, err) < 0)
            return -1;
    }
    return 0;
}

int rootfs_follow(struct error *err)
{
    return propagate(MS_SLAVE, err);
}

int rootfs_pivot(int *ret_old, struct error *err)
{
    if (propagate(MS_PRIVATE, err) < 0)
        return -1;
    /* A mount of this namespace's own: one that came from outside a user namespace is locked. */
    if (mount(ROOT_PATH, ROOT_PATH, NULL, MS_BIND | MS_REC, NULL) < 0)
        return error_errno(err, "cannot mount the root file system");
    AUTO_CLOSE int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* The old root then lies on top of the new one, where no path leads: pivot_root(2), NOTES. */
    if (old < 0 || chdir(ROOT_PATH) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return error_errno(err, "cannot enter the root file system");
    *ret_old = take_fd(&old);
    return 0;
}

int rootfs_leave(int old, struct error *err)
{
    if (fchdir(old) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return error_errno(err, "cannot leave the agent's root");
    return 0;
}

/* Whether the kernel holds anything that a file system has not been given yet. */
static bool has_unwritten(void)
{
    static const char *const counters[] = {"Dirty:", "Writeback:", "WritebackTmp:"};
    char name[64];
    unsigned long kib;
    bool found = false;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && fscanf(file, "%63s %lu%*[^\n]", name, &kib) == 2)
        for (size_t i = 0; i < ARRAY_LEN(counters); i++)
            found = found || (strcmp(name, counters[i]) == 0 && kib > 0);
    if (file)
        fclose(file);
    return found;
}

/*
 * syncfs(2) also tells of the errors of before, which writers were told of by write(2), close(2) or
 * fsync(2), as on any host: what they made of them is their status. Only what is lost now, when
 * nobody is there to hear of it any more, is the run's failure.
 */
static int sync_one(const char *path, struct error *err)
{
    AUTO_CLOSE int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool unwritten = has_unwritten();
    if (root < 0 || (syncfs(root) < 0 && unwritten))
        return error_errno(err, "cannot write %s back", path);
    return 0;
}

/*
 * Whether the root holds what outlives the machine and is not on the host yet. A disk that is not
 * kept is gone, like memory; and what has been closed or unmapped is a file server's already: to
 * ask for it would only have the host write its own caches back.
 */
static bool outlives(const struct agent_config *config)
{
    if (writes_through(&config->shape))
        return !config->shape.virtiofs;
    return config->shape.upper == UPPER_DISK && config->keep;
}

int rootfs_sync(const struct agent_config *config, struct error *err)
{
    /* A host's kernel keeps what was written, whatever becomes of the container. */
    if (config->shape.hosted)
        return 0;
    if (outlives(config) && sync_one(ROOT_PATH, err) < 0)
        return -1;
    for (size_t i = 0; i < config->mounts.count; i++) {
        const struct mount_config *m = &config->mounts.items[i];
        AUTO_FREE char *path =
            m->tag && !m->virtiofs ? xasprintf("%s/%s", VOLUMES_PATH, m->tag) : NULL;
        if (path && !is_mounted(&config->mounts, i) && sync_one(path, err) < 0)
            return -1;
    }
    return 0;
}
