/* Paths that are covered, read-only, writable; and the files that a container is provided with. */
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

/* The paths that container engines mask: docker's and podman's lists, OCI's example. */
static const char *const sensitive[] = {
    "/proc/acpi",       "/proc/asound",        "/proc/interrupts",  "/proc/kcore",
    "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list", "/proc/timer_stats",   "/sys/dev/block",    "/sys/devices/virtual/powercap",
    "/sys/firmware",    "/sys/fs/selinux",     "/sys/kernel/debug", "/sys/kernel/tracing",
};

/* The paths that they make read-only, and settings of the machine elsewhere in /proc and /sys. */
static const char *const settings[] = {
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/irq/default_smp_affinity",
    "/proc/sys",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/kernel/uevent_helper",
    "/sys/kernel/mm/transparent_hugepage/enabled",
};

static const char *const directories[] = {
    "/",    "/etc",     "/root",       "/usr",  "/var",      "/home", "/tmp",           "/run",
    "/dev", "/dev/shm", "/dev/mqueue", "/proc", "/proc/sys", "/sys",  "/sys/fs/cgroup",
};

static const char *const provided[] = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};

static const char *directory_state(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int count = -2;
    if (!dir)
        return strerrorname_np(errno);
    while ((entry = readdir(dir)))
        count++;
    closedir(dir);
    return count > 0 ? "a directory" : "an empty directory";
}

/* Reads one byte; an empty kernel file tells nothing. */
static const char *file_state(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return strerrorname_np(errno);
    ssize_t n = read(fd, &byte, 1);
    int error = errno;
    close(fd);
    return n < 0 ? strerrorname_np(error) : n > 0 ? "readable" : "an empty file";
}

static const char *state(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? "absent" : strerrorname_np(errno);
    if (S_ISDIR(st.st_mode))
        return directory_state(path);
    if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
        return "the null device";
    return file_state(path);
}

/* Nothing is written: only the permission to open counts. */
static void try_write(struct json *j, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        json_string(j, path, "absent");
    } else if (S_ISDIR(st.st_mode)) {
        json_outcome(j, path, faccessat(AT_FDCWD, path, W_OK, AT_EACCESS));
    } else {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        json_outcome(j, path, fd);
        if (fd >= 0)
            close(fd);
    }
}

static void try_create(struct json *j, const char *directory)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "%s/vmc-probe", directory);
    int made = mkdir(path, 0700);
    if (stat(directory, &st) < 0)
        json_string(j, directory, "absent");
    else
        json_outcome(j, directory, made);
    if (made == 0)
        rmdir(path);
}

static void provided_file(struct json *j, const char *path)
{
    struct stat st;
    char *text = text_of(path);
    json_object(j, path);
    json_string(j, "text", text);
    if (text && stat(path, &st) == 0) {
        json_format(j, "mode", "%04o", st.st_mode & 07777u);
        json_format(j, "owner", "%u:%u", st.st_uid, st.st_gid);
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        json_outcome(j, "write", fd);
        if (fd >= 0)
            close(fd);
    }
    json_end(j);
    free(text);
}

void see_files(struct json *j)
{
    json_object(j, "masked");
    for (size_t i = 0; i < COUNT(sensitive); i++)
        json_string(j, sensitive[i], state(sensitive[i]));
    json_end(j);
    json_object(j, "settings_writable");
    for (size_t i = 0; i < COUNT(settings); i++)
        try_write(j, settings[i]);
    json_end(j);
    json_object(j, "make_directory_in");
    for (size_t i = 0; i < COUNT(directories); i++)
        try_create(j, directories[i]);
    json_end(j);
    json_object(j, "provided_files");
    for (size_t i = 0; i < COUNT(provided); i++)
        provided_file(j, provided[i]);
    json_end(j);
}
