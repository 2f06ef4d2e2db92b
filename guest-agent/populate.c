/* The file systems and device nodes that a container finds in its root. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/log.h"
#include "common/util.h"
#include "guest-agent/mounts.h"
#include "guest-agent/rootfs.h"

#define NO_PROGRAMS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define NO_DEVICES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* As in the OCI runtime specification, config-linux.md, "Default Filesystems", plus /run, /tmp. */
static const struct place {
    const char *type;
    const char *target;
    unsigned attributes;
    bool optional; /* a kernel without it is no reason not to start */
    struct mount_option options[4];
} places[] = {
    {"proc", "/proc", NO_PROGRAMS, false, {{0}}},
    {"sysfs", "/sys", NO_PROGRAMS | MOUNT_ATTR_RDONLY, false, {{0}}},
    {"cgroup2", "/sys/fs/cgroup", NO_PROGRAMS, true, {{0}}},
    {"tmpfs", "/dev", MOUNT_ATTR_NOSUID, false, {{"mode", "0755"}, {"size", "64m"}}},
    {"devpts",
     "/dev/pts",
     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
     false,
     {{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}}},
    {"tmpfs", "/dev/shm", NO_PROGRAMS, false, {{"mode", "1777"}}},
    {"mqueue", "/dev/mqueue", NO_PROGRAMS, true, {{0}}},
    {"tmpfs", "/run", NO_DEVICES, false, {{"mode", "0755"}}},
    {"tmpfs", "/tmp", NO_DEVICES, false, {{"mode", "1777"}}},
};

/* Numbers: Documentation/admin-guide/devices.txt in the kernel's source. */
static const struct node {
    const char *path;
    unsigned major, minor;
} nodes[] = {
    {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
    {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct link {
    const char *path, *target;
} links[] = {
    {"/dev/ptmx", "pts/ptmx"},          {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},  {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
};

static int make_devices(struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
            return error_errno(err, "cannot make %s", nodes[i].path);
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        if (symlink(links[i].target, links[i].path) < 0)
            return error_errno(err, "cannot make %s", links[i].path);
    return 0;
}

int rootfs_populate(struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const struct place *p = &places[i];
        if (mount_on_directory(p->type, p->options, p->attributes, p->target, err) == 0)
            continue;
        if (!p->optional)
            return -1;
        log_debug("%s", err->text);
    }
    return make_devices(err);
}
