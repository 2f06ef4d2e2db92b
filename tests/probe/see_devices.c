/* /dev as it is, and which devices may be made and opened. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/probe/see.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* On a file system that takes device nodes and is writable to root with --read-only, too. */
#define NODE "/dev/vmc-probe"

/*
 * Admin-guide/devices.txt in the kernel's documentation; -1: the number that /proc/devices gives.
 */
static const struct {
    const char *name;
    char type;
    int major, minor;
} known[] = {
    {"mem", 'c', 1, 1},
    {"port", 'c', 1, 4},
    {"null", 'c', 1, 3},
    {"zero", 'c', 1, 5},
    {"full", 'c', 1, 7},
    {"random", 'c', 1, 8},
    {"urandom", 'c', 1, 9},
    {"kmsg", 'c', 1, 11},
    {"tty0", 'c', 4, 0},
    {"ttyS0", 'c', 4, 64},
    {"tty", 'c', 5, 0},
    {"console", 'c', 5, 1},
    {"ptmx", 'c', 5, 2},
    {"mouse", 'c', 13, 63},
    {"hwrng", 'c', 10, 183},
    {"tun", 'c', 10, 200},
    {"mapper", 'c', 10, 236},
    {"fuse", 'c', 10, 229},
    {"kvm", 'c', 10, 232},
    {"vhost-net", 'c', 10, 238},
    {"snapshot", 'c', 10, 231},
    {"msr", 'c', 202, 0},
    {"hvc0", 'c', 229, 0},
    {"ram0", 'b', 1, 0},
    {"loop0", 'b', 7, 0},
    {"sda", 'b', 8, 0},
    {"virtblk", 'b', -1, 0},
    {"virtio-portsdev", 'c', -1, 1},
    {"virtio-portsdev", 'c', -1, 2},
};

/* Opening must neither wait nor make a terminal the controlling one. */
static void try_open(struct json *j, const char *key, const char *path, int flags)
{
    int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    json_outcome(j, key, fd);
    if (fd >= 0)
        close(fd);
}

static void entry(struct json *j, const char *path);

static int is_entry(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void entries(struct json *j, const char *path)
{
    struct dirent **list;
    int count = scandir(path, &list, is_entry, alphasort);
    for (int i = 0; i < count; i++) {
        char child[4200];
        snprintf(child, sizeof(child), "%s/%s", path, list[i]->d_name);
        entry(j, child);
        free(list[i]);
    }
    if (count >= 0)
        free(list);
}

static const char *type_name(mode_t mode)
{
    return S_ISCHR(mode)    ? "character"
           : S_ISBLK(mode)  ? "block"
           : S_ISDIR(mode)  ? "directory"
           : S_ISLNK(mode)  ? "link"
           : S_ISFIFO(mode) ? "fifo"
           : S_ISSOCK(mode) ? "socket"
                            : "file";
}

/* Directories are followed by their contents. */
static void entry(struct json *j, const char *path)
{
    struct stat st;
    char target[4096];
    if (lstat(path, &st) < 0)
        return;
    json_object(j, path);
    json_string(j, "type", type_name(st.st_mode));
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(path, target, sizeof(target) - 1);
        target[n < 0 ? 0 : n] = '\0';
        json_string(j, "target", target);
    } else {
        json_format(j, "mode", "%04o", st.st_mode & 07777u);
        json_format(j, "owner", "%u:%u", st.st_uid, st.st_gid);
    }
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
        json_format(j, "number", "%u:%u", major(st.st_rdev), minor(st.st_rdev));
        try_open(j, "read", path, O_RDONLY);
        try_open(j, "write", path, O_WRONLY);
    }
    json_end(j);
    if (S_ISDIR(st.st_mode))
        entries(j, path);
}

/* The major number that the kernel has chosen for a driver; -1: it has no such driver. */
static int chosen_major(const char *driver)
{
    char *text = text_of("/proc/devices"), *rest = text, *line;
    int found = -1;
    while (text && (line = strsep(&rest, "\n"))) {
        char name[64];
        int number;
        if (sscanf(line, "%d %63s", &number, name) == 2 && strcmp(name, driver) == 0)
            found = number;
    }
    free(text);
    return found;
}

static void node(struct json *j, size_t i)
{
    char key[96];
    int number = known[i].major < 0 ? chosen_major(known[i].name) : known[i].major;
    mode_t type = known[i].type == 'b' ? S_IFBLK : S_IFCHR;
    int n = snprintf(key, sizeof(key), "%s %c ", known[i].name, known[i].type);
    if (known[i].major < 0)
        snprintf(key + n, sizeof(key) - (size_t)n, "*:%d", known[i].minor);
    else
        snprintf(key + n, sizeof(key) - (size_t)n, "%d:%d", known[i].major, known[i].minor);
    json_object(j, key);
    if (number >= 0) {
        int made = mknod(NODE, type | 0600, makedev((unsigned)number, (unsigned)known[i].minor));
        json_outcome(j, "mknod", made);
        if (made == 0) {
            try_open(j, "read", NODE, O_RDONLY);
            try_open(j, "write", NODE, O_WRONLY);
            unlink(NODE);
        }
    }
    json_end(j);
}

void see_devices(struct json *j)
{
    json_object(j, "dev");
    entries(j, "/dev");
    json_end(j);
    json_object(j, "device_access");
    for (size_t i = 0; i < COUNT(known); i++)
        node(j, i);
    json_end(j);
}
