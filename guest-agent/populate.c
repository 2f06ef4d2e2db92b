#include "guest-agent/populate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "guest-agent/mounts.h"

#define NO_DEVICES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

enum place_flags {
    PLACE_OPTIONAL = 1, /* a kernel without it is no reason not to start */
    PLACE_SYS = 2,      /* read-only unless the configuration wants it writable */
    PLACE_SHM = 4,      /* has its size from the configuration */
    PLACE_TTY = 8,      /* its last option names the group of terminals */
    PLACE_GROUPS = 16,  /* shows control groups: a hosted container has none of its own */
};

/*
 * The OCI runtime specification, config-linux.md, "Default Filesystems"; and cgroup, /dev/mqueue,
 * /run and /tmp as container engines have them.
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
    {"tmpfs", "/run", NO_DEVICES, 0, {{"mode", "0755"}}},
    {"tmpfs", "/tmp", NO_DEVICES, 0, {{"mode", "1777"}}},
};

/* "Default Devices"; numbers: Documentation/admin-guide/devices.txt in the kernel's source. */
#define CHARACTER_DEVICE(name, number_major, number_minor)                                         \
    {                                                                                              \
        .path = (name), .major = (number_major), .minor = (number_minor), .mode = 0666             \
    }
static const struct device_spec default_devices[] = {
    CHARACTER_DEVICE("/dev/null", 1, 3),    CHARACTER_DEVICE("/dev/zero", 1, 5),
    CHARACTER_DEVICE("/dev/full", 1, 7),    CHARACTER_DEVICE("/dev/random", 1, 8),
    CHARACTER_DEVICE("/dev/urandom", 1, 9), CHARACTER_DEVICE("/dev/tty", 5, 0),
};

/* "Dev symbolic links", runtime-linux.md. */
static const struct link {
    const char *path, *target;
} links[] = {
    {"/dev/ptmx", "pts/ptmx"},          {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},  {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
};

static bool uses_devtmpfs(const struct agent_config *config)
{
    for (size_t i = 0; i < config->mounts.count; i++)
        if (config->mounts.items[i].kind == MOUNT_DEVTMPFS)
            return true;
    return false;
}

/* OCI runtime specification, config-linux.md, "Devices": another file in its place is an error. */
static int check_present(const struct device_spec *d, mode_t type, dev_t number, struct error *err)
{
    struct stat st;
    if (lstat(d->path, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == number)
        return 0;
    return error_set(err, "cannot make the device %s: there is another file of this name", d->path);
}

static int make_device(const struct device_spec *d, int old_root, struct error *err)
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

static int make_dev(const struct agent_config *config, int old_root, struct error *err)
{
    static const struct mount_option options[] = {{"mode", "0755"}, {"size", "64m"}, {0}};
    if (uses_devtmpfs(config)) {
        if (mount_bind(old_root, "dev", "/dev", MOUNT_ATTR_NOSUID, err) < 0)
            return -1;
    } else if (mount_on_directory("tmpfs", options, MOUNT_ATTR_NOSUID, "/dev", err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(default_devices); i++)
        if (make_device(&default_devices[i], old_root, err) < 0)
            return -1;
    for (size_t i = 0; i < config->devices.count; i++)
        if (make_device(&config->devices.items[i], old_root, err) < 0)
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

static int mount_place(const struct agent_config *config, const struct place *p, struct error *err)
{
    unsigned attributes = p->attributes;
    struct mount_option options[ARRAY_LEN(p->options) + 1];
    memcpy(options, p->options, sizeof(p->options));
    AUTO_FREE char *size = xasprintf("%lld", (long long)config->shm_size);
    if (p->flags & PLACE_SYS && !config->sys_writable)
        attributes |= MOUNT_ATTR_RDONLY;
    if (p->flags & PLACE_GROUPS && config->hosted)
        return 0;
    if (p->flags & PLACE_TTY && config->hosted && !has_terminal_group())
        options[2] = (struct mount_option){0};
    if (p->flags & PLACE_SHM) {
        options[1] = (struct mount_option){"size", config->shm_size ? size : "64m"};
        options[2] = (struct mount_option){0};
    }
    if (mount_on_directory(p->type, options, attributes, p->target, err) == 0)
        return 0;
    if (!(p->flags & PLACE_OPTIONAL))
        return -1;
    log_debug("%s", err->text);
    return 0;
}

int populate(const struct agent_config *config, int old_root, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (strcmp(places[i].target, "/dev/pts") == 0 && make_dev(config, old_root, err) < 0)
            return -1;
        if (mount_place(config, &places[i], err) < 0)
            return -1;
    }
    return 0;
}
