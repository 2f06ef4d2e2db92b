#include "guest-agent/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/protocol.h"
#include "common/util.h"
#include "guest-agent/mounts.h"

/* Places in the initramfs; it is tmpfs or ramfs, so directories cost nothing. */
#define SHARE_PATH "/share"
#define UPPER_PATH "/upper"
#define ROOT_PATH "/root"
#define UPPER_DISK_DEVICE "/dev/vda"

/*
 * virtio carries at most 512000 bytes (126 pages and headers, net/9p/trans_virtio.c).
 * cache=loose: the host promises that nobody else changes the tree while the guest runs.
 */
#define SHARE_OPTIONS                                                                              \
    {"source", ROOTFS_MOUNT_TAG}, {"trans", "virtio"}, {"version", "9p2000.L"},                    \
        {"msize", "512000"},                                                                       \
    {                                                                                              \
        "cache", "loose"                                                                           \
    }

static int mount_share_readonly(struct error *err)
{
    static const struct mount_option options[] = {SHARE_OPTIONS, {"ro", NULL}, {0}};
    return mount_on_directory("9p", options, MOUNT_ATTR_RDONLY, SHARE_PATH, err);
}

/*
 * posixacl: without it the client answers questions about ACLs from its cache alone, and what
 * setfacl(1) wrote is forgotten (fs/9p/acl.c). It costs two requests for each new file, which
 * is why the read-only share goes without.
 */
static int mount_share_writable(struct error *err)
{
    static const struct mount_option options[] = {SHARE_OPTIONS, {"posixacl", NULL}, {0}};
    return mount_on_directory("9p", options, 0, ROOT_PATH, err);
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
    static const struct mount_option options[] = {{"source", UPPER_DISK_DEVICE}, {0}};
    return mount_on_directory("ext4", options, 0, UPPER_PATH, err);
}

/* The root directory of an overlay has the owner and mode of its upper layer: copy the lower's. */
static int make_upper_directory(struct error *err)
{
    struct stat st;
    if (stat(SHARE_PATH, &st) < 0)
        return error_errno(err, "cannot look at the root file system");
    if (mkdir(UPPER_PATH "/upper", 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make the upper directory");
    if (mkdir(UPPER_PATH "/work", 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make the overlay's work directory");
    if (chown(UPPER_PATH "/upper", st.st_uid, st.st_gid) < 0 ||
        chmod(UPPER_PATH "/upper", st.st_mode & 07777) < 0)
        return error_errno(err, "cannot prepare the upper directory");
    return 0;
}

static int mount_overlay(struct error *err)
{
    static const struct mount_option options[] = {{"source", "overlay"},
                                                  {"lowerdir", SHARE_PATH},
                                                  {"upperdir", UPPER_PATH "/upper"},
                                                  {"workdir", UPPER_PATH "/work"},
                                                  {0}};
    if (make_upper_directory(err) < 0 ||
        mount_on_directory("overlay", options, 0, ROOT_PATH, err) < 0)
        return -1;
    /* The overlay keeps its layers; the workload's mount table need not show them. */
    if (umount2(SHARE_PATH, MNT_DETACH) < 0 || umount2(UPPER_PATH, MNT_DETACH) < 0)
        return error_errno(err, "cannot hide the layers of the root file system");
    return 0;
}

static int build(const struct agent_config *config, struct error *err)
{
    if (config->upper == UPPER_HOST || config->upper == UPPER_NONE)
        return mount_share_writable(err);
    if (mount_share_readonly(err) < 0)
        return -1;
    int result = config->upper == UPPER_RAM ? mount_upper_ram((uint64_t)config->upper_size, err)
                                            : mount_upper_disk(err);
    return result < 0 ? -1 : mount_overlay(err);
}

/*
 * The initramfs root cannot be left with pivot_root(2) (its NOTES), so the new root is moved over
 * it, as switch_root(8) does. ".." stops at the new root: what is below has no path.
 */
static int enter(struct error *err)
{
    static const char *const old_mounts[] = {"/proc", "/sys", "/dev"};
    for (size_t i = 0; i < ARRAY_LEN(old_mounts); i++)
        if (umount2(old_mounts[i], MNT_DETACH) < 0)
            return error_errno(err, "cannot unmount %s of the initramfs", old_mounts[i]);
    if (chdir(ROOT_PATH) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
        chdir("/") < 0)
        return error_errno(err, "cannot enter the root file system");
    return 0;
}

int rootfs_enter(const struct agent_config *config, struct error *err)
{
    if (config->upper == UPPER_STAY)
        return 0;
    if (build(config, err) < 0 || enter(err) < 0)
        return -1;
    return rootfs_populate(err);
}

int rootfs_sync(struct error *err)
{
    AUTO_CLOSE int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || syncfs(root) < 0)
        return error_errno(err, "cannot write the root file system back");
    return 0;
}
