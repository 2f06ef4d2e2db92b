#include "guest-agent/container/populate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "guest-agent/base/mounts.h"

enum place_flags {
    PLACE_OPTIONAL = 1, /* a kernel without it is no reason not to start */
    PLACE_SYS = 2,      /* read-only unless the configuration wants it writable */
    PLACE_SHM = 4,      /* has its size from the configuration */
    PLACE_TTY = 8,      /* its last option names the group of terminals */
    PLACE_GROUPS = 16,  /* shows control groups: a hosted container has none of its own */
};

/*
 * The OCI runtime specification, config-linux.md, "Default Filesystems"; and cgroup and /dev/mqueue
 * as container engines have them.
 */
static const struct place {
    const char *type;
    const char *target;
    unsigned attributes;
    unsigned flags;
    struct mount_option options[4];
} places[] = {
    {"proc", "/proc", MOUNT_CONFINED, 0, {{0}}},
    {"sysfs", "/sys", MOUNT_CONFINED, PLACE_SYS, {{0}}},
    {"cgroup2", "/sys/fs/cgroup", MOUNT_CONFINED, PLACE_OPTIONAL | PLACE_SYS | PLACE_GROUPS, {{0}}},
    {"devpts",
     "/dev/pts",
     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
     PLACE_TTY,
     {{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}}},
    {"tmpfs", "/dev/shm", MOUNT_CONFINED, PLACE_SHM, {{"mode", "1777"}}},
    {"mqueue", "/dev/mqueue", MOUNT_CONFINED, PLACE_OPTIONAL, {{0}}},
};
_Static_assert(ARRAY_LEN(places) <= PLACES_MAX, "each has its descriptor");

/* "Default Devices"; numbers: Documentation/admin-guide/devices.txt in the kernel's source. */
#define CHARACTER_DEVICE(name, number_major, number_minor)                                         \
    {                                                                                              \
        .path = (name), .major = (number_major), .minor = (number_minor), .mode = 0666             \
    }
static const struct device_config default_devices[] = {
    CHARACTER_DEVICE("/dev/null", 1, 3),    CHARACTER_DEVICE("/dev/zero", 1, 5),
    CHARACTER_DEVICE("/dev/full", 1, 7),    CHARACTER_DEVICE("/dev/random", 1, 8),
    CHARACTER_DEVICE("/dev/urandom", 1, 9), CHARACTER_DEVICE("/dev/tty", 5, 0),
};

/* "Dev symbolic links", runtime-linux.md. */
static const struct symbolic_link {
    const char *path, *target;
} links[] = {
    {"/dev/ptmx", "pts/ptmx"},          {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},  {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
};

/* OCI runtime specification, config-linux.md, "Devices": another file in its place is an error. */
static int check_present(const struct device_config *d, mode_t type, dev_t number,
                         struct error *err)
{
    struct stat st;
    if (lstat(d->path, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == number)
        return 0;
    return error_set(err, "cannot make the device %s: there is another file of this name", d->path);
}

static int make_device(const struct device_config *d, int old_root, struct error *err)
{
    AUTO_FREE char *parent = xstrdup(d->path);
    *strrchr(parent, '/') = '\0';
    mode_t type = d->block ? S_IFBLK : S_IFCHR;
    dev_t number = makedev((unsigned)d->major, (unsigned)d->minor);
    if (parent[0] && mount_point_make(parent, true, err) < 0)
        return -1;
    if (mknod(d->path, type | (mode_t)d->mode, number) < 0) {
        /* In a user namespace nobody may: the agent's own node is mounted there
         * (user_namespaces(7)). */
        if (errno == EPERM)
            return mount_bind(old_root, (d->source ? d->source : d->path) + 1, d->path, 0, err);
        return errno == EEXIST ? check_present(d, type, number, err)
                               : error_errno(err, "cannot make %s", d->path);
    }
    if ((d->uid || d->gid) && chown(d->path, (uid_t)d->uid, (gid_t)d->gid) < 0)
        return error_errno(err, "cannot give %s to its owner", d->path);
    return 0;
}

/* False where nobody may make any: in a user namespace. */
static bool make_nodes(int dev)
{
    for (size_t i = 0; i < ARRAY_LEN(default_devices); i++) {
        const struct device_config *d = &default_devices[i];
        if (mknodat(dev, d->path + strlen("/dev/"), S_IFCHR | (mode_t)d->mode,
                    makedev((unsigned)d->major, (unsigned)d->minor)) < 0)
            return false;
    }
    return true;
}

static int prepare_dev(struct places *prepared, struct error *err)
{
    static const struct mount_option options[] = {{"mode", "0755"}, {"size", "64m"}, {0}};
    prepared->dev = mount_detached("tmpfs", options, MOUNT_ATTR_NOSUID, err);
    if (prepared->dev < 0)
        return -1;
    prepared->has_nodes = make_nodes(prepared->dev);
    return 0;
}

static int make_devices(const struct device_config *list, size_t count, int old_root,
                        struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (make_device(&list[i], old_root, err) < 0)
            return -1;
    return 0;
}

static int make_dev(const struct container_shape *shape, struct places *prepared, int old_root,
                    struct error *err)
{
    if (prepared->dev >= 0 ? mount_attach(prepared->dev, "tmpfs", "/dev", err) < 0
                           : mount_bind(old_root, "dev", "/dev", MOUNT_ATTR_NOSUID, err) < 0)
        return -1;
    if ((!prepared->has_nodes &&
         make_devices(default_devices, ARRAY_LEN(default_devices), old_root, err) < 0) ||
        make_devices(shape->devices.items, shape->devices.count, old_root, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        if (symlink(links[i].target, links[i].path) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make %s", links[i].path);
    return 0;
}

/* A host's user namespace need not have it: user_namespaces(7). */
static bool has_terminal_group(void)
{
    const unsigned long group = 5;
    unsigned long first, count;
    FILE *map = fopen("/proc/self/gid_map", "re");
    bool found = false;
    while (map && !found && fscanf(map, "%lu %*u %lu", &first, &count) == 2)
        found = group >= first && group - first < count;
    if (map)
        fclose(map);
    return found;
}

/* *ret stays -1, and that is no error, for what a kernel need not have. */
static int prepare_place(const struct container_shape *shape, const struct place *p, int *ret,
                         struct error *err)
{
    unsigned attributes = p->attributes;
    struct mount_option options[ARRAY_LEN(p->options) + 1];
    memcpy(options, p->options, sizeof(p->options));
    AUTO_FREE char *size = xasprintf("%lld", (long long)shape->shm_size);
    if (p->flags & PLACE_SYS && !shape->sys_writable)
        attributes |= MOUNT_ATTR_RDONLY;
    if (p->flags & PLACE_GROUPS && shape->hosted)
        return 0;
    if (p->flags & PLACE_TTY && shape->hosted && !has_terminal_group())
        options[2] = (struct mount_option){0};
    if (p->flags & PLACE_SHM) {
        options[1] = (struct mount_option){"size", shape->shm_size ? size : "64m"};
        options[2] = (struct mount_option){0};
    }
    *ret = mount_detached(p->type, options, attributes, err);
    if (*ret >= 0 || !(p->flags & PLACE_OPTIONAL))
        return *ret < 0 ? -1 : 0;
    log_debug("%s", err->text);
    return 0;
}

int populate_prepare(const struct container_shape *shape, struct places *ret, struct error *err)
{
    static const struct mount_option files[] = {{"mode", "0755"}, {"size", "4m"}, {0}};
    *ret = (struct places){.dev = -1, .files = -1};
    for (size_t i = 0; i < PLACES_MAX; i++)
        ret->mounts[i] = -1;
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (prepare_place(shape, &places[i], &ret->mounts[i], err) < 0)
            return -1;
    ret->files = mount_detached("tmpfs", files, MOUNT_CONFINED, err);
    if (ret->files < 0)
        return -1;
    return shape->devtmpfs ? 0 : prepare_dev(ret, err);
}

/*
 * /run and /tmp are the tree's own. Where it has none they are made, as programs expect them, but
 * never in the tree itself.
 */
static int make_missing_directories(enum upper upper, struct error *err)
{
    static const struct directory {
        const char *path;
        mode_t mode;
    } expected[] = {{"/run", 0755}, {"/tmp", 01777}};
    for (size_t i = 0; i < ARRAY_LEN(expected) && upper != UPPER_NONE; i++) {
        const struct directory *d = &expected[i];
        if (mkdir(d->path, 0700) == 0 ? chmod(d->path, d->mode) < 0 : errno != EEXIST)
            return error_errno(err, "cannot make %s", d->path);
    }
    return 0;
}

int populate(const struct container_shape *shape, struct places *prepared, int old_root,
             struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (strcmp(places[i].target, "/dev/pts") == 0 &&
            make_dev(shape, prepared, old_root, err) < 0)
            return -1;
        if (prepared->mounts[i] < 0)
            continue;
        if (mount_attach(prepared->mounts[i], places[i].type, places[i].target, err) < 0)
            return -1;
        close_fd(&prepared->mounts[i]);
    }
    close_fd(&prepared->dev);
    return make_missing_directories((enum upper)shape->upper, err);
}
