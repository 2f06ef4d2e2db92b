/* What execve(2) was given: arguments, environment, descriptors; and what surrounds the process. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "tests/probe/see.h"

#define IOPRIO_WHO_PROCESS 1

static void strings(struct json *j, const char *key, char **list)
{
    json_array(j, key);
    for (; *list; list++)
        json_string(j, NULL, *list);
    json_end(j);
}

/* "pipe read", "/dev/pts/0 read write": without inode numbers, which mean nothing. */
static void descriptor(struct json *j, const char *number, int fd)
{
    static const char *const access[] = {"read", "write", "read write"};
    char path[64], target[4096];
    snprintf(path, sizeof(path), "/proc/self/fd/%s", number);
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    target[n < 0 ? 0 : n] = '\0';
    if (target[0] != '/')
        target[strcspn(target, ":")] = '\0';
    int flags = fcntl(fd, F_GETFL);
    json_format(j, number, "%s %s%s", target, flags < 0 ? "?" : access[flags & O_ACCMODE],
                flags >= 0 && flags & O_NONBLOCK ? " nonblocking" : "");
}

static void descriptors(struct json *j)
{
    json_object(j, "descriptors");
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != dirfd(dir))
            descriptor(j, entry->d_name, atoi(entry->d_name));
    if (dir)
        closedir(dir);
    json_end(j);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int is_number(const struct dirent *entry)
{
    return isdigit((unsigned char)entry->d_name[0]);
}

/* All processes in this /proc, by name. */
static void processes(struct json *j)
{
    struct dirent **entries;
    int count = scandir("/proc", &entries, is_number, by_number);
    json_object(j, "processes");
    for (int i = 0; i < count; i++) {
        char path[300];
        snprintf(path, sizeof(path), "/proc/%s/comm", entries[i]->d_name);
        char *name = text_of(path);
        json_string(j, entries[i]->d_name, name);
        free(name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    json_end(j);
}

static void session(struct json *j)
{
    struct winsize size = {0};
    struct stat st;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    json_object(j, "session");
    json_number(j, "process", getpid());
    json_number(j, "parent", getppid());
    json_number(j, "group", getpgrp());
    json_number(j, "session", getsid(0));
    json_outcome(j, "terminal", tty);
    json_string(j, "standard_input", isatty(0) ? ttyname(0) : NULL);
    if (isatty(0) && fstat(0, &st) == 0)
        json_format(j, "terminal_owner", "%u:%u %04o", st.st_uid, st.st_gid, st.st_mode & 07777u);
    if (tty >= 0) {
        json_number(j, "foreground_group", tcgetpgrp(tty));
        if (ioctl(tty, TIOCGWINSZ, &size) == 0)
            json_format(j, "window", "%ux%u", size.ws_row, size.ws_col);
        close(tty);
    }
    json_end(j);
}

static void signals(struct json *j, const char *status)
{
    static const char *const fields[][2] = {{"pending", "SigPnd"},
                                            {"pending_for_process", "ShdPnd"},
                                            {"blocked", "SigBlk"},
                                            {"ignored", "SigIgn"},
                                            {"caught", "SigCgt"}};
    json_object(j, "signals");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char *value = field_of(status, fields[i][1]);
        json_string(j, fields[i][0], value);
        free(value);
    }
    int parent_death = -1;
    prctl(PR_GET_PDEATHSIG, &parent_death);
    json_number(j, "parent_death", parent_death);
    json_end(j);
}

static void scheduling(struct json *j, const char *status)
{
    char *cpus = field_of(status, "Cpus_allowed_list");
    char *adjustment = text_of("/proc/self/oom_score_adj");
    json_object(j, "scheduling");
    json_number(j, "policy", sched_getscheduler(0));
    json_number(j, "nice", getpriority(PRIO_PROCESS, 0));
    json_number(j, "io_priority", syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
    json_number(j, "timer_slack_ns", prctl(PR_GET_TIMERSLACK));
    json_string(j, "oom_score_adj", adjustment);
    json_string(j, "cpus_allowed", cpus);
    json_number(j, "processors", sysconf(_SC_NPROCESSORS_ONLN));
    json_end(j);
    free(cpus);
    free(adjustment);
}

void see_process(struct json *j, char **argv)
{
    char *status = text_of("/proc/self/status");
    char *mask = field_of(status, "Umask");
    char *threads = field_of(status, "Threads");
    char *cwd = getcwd(NULL, 0);
    strings(j, "arguments", argv);
    strings(j, "environment", environ);
    json_string(j, "working_directory", cwd);
    descriptors(j);
    session(j);
    processes(j);
    signals(j, status);
    scheduling(j, status);
    json_string(j, "umask", mask);
    json_string(j, "threads", threads);
    json_format(j, "personality", "%x", (unsigned)personality(0xffffffff));
    json_number(j, "dumpable", prctl(PR_GET_DUMPABLE));
    free(status);
    free(mask);
    free(threads);
    free(cwd);
}
