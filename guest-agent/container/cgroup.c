#include "guest-agent/container/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/contract.h"
#include "common/io.h"
#include "common/log.h"
#include "common/util.h"
#include "guest-agent/base/disks.h"
#include "guest-agent/base/mounts.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define CONTAINER CGROUP_ROOT "/container"
#define PERIOD_DEFAULT_US 100000
/* PID_MAX_LIMIT of include/linux/threads.h: pids.max takes no more, and more would be no limit. */
#define PROCESSES_MAX (sizeof(long) > 4 ? 4 << 20 : 32 << 10)

static int set(const char *file, const char *value, struct error *err)
{
    AUTO_FREE char *path = xasprintf("%s/%s", CONTAINER, file);
    return write_file(path, value, err);
}

static int set_number(const char *file, int64_t value, struct error *err)
{
    AUTO_FREE char *text = xasprintf("%" PRId64, value);
    return value ? set(file, text, err) : 0;
}

static int set_cpu(const struct cgroup_limits *limits, struct error *err)
{
    int64_t period = limits->cpu_period ? limits->cpu_period : PERIOD_DEFAULT_US;
    AUTO_FREE char *quota = limits->cpu_quota ? xasprintf("%" PRId64, limits->cpu_quota) : NULL;
    AUTO_FREE char *max = xasprintf("%s %" PRId64, quota ? quota : "max", period);
    if ((quota || limits->cpu_period) && set("cpu.max", max, err) < 0)
        return -1;
    if (limits->cpuset && set("cpuset.cpus", limits->cpuset, err) < 0)
        return -1;
    return set_number("cpu.weight", limits->cpu_weight, err);
}

static int set_memory(const struct cgroup_limits *limits, struct error *err)
{
    AUTO_FREE char *swap = xasprintf("%" PRId64, limits->swap_max);
    if (limits->swap_limited && set("memory.swap.max", swap, err) < 0)
        return -1;
    if (set_number("memory.high", limits->memory_high, err) < 0)
        return -1;
    return set_number("memory.max", limits->memory_max, err);
}

static int set_io(const struct cgroup_limits *limits, struct error *err)
{
    unsigned major, minor;
    if (!limits->io_max)
        return 0;
    if (disk_number(UPPER_DISK_SERIAL, &major, &minor, err) < 0)
        return -1;
    AUTO_FREE char *text = xasprintf("%u:%u %s", major, minor, limits->io_max);
    return set("io.max", text, err);
}

int cgroup_limit(const struct cgroup_limits *limits, struct error *err)
{
    int64_t processes = limits->pids_max > PROCESSES_MAX ? 0 : limits->pids_max;
    if (set_memory(limits, err) < 0 || set_cpu(limits, err) < 0 || set_io(limits, err) < 0 ||
        set_number("pids.max", processes, err) < 0)
        return error_wrap(err, "limits of the container");
    return 0;
}

int cgroup_make(struct error *err)
{
    static const struct mount_option none[] = {{0}};
    if (mount_new("cgroup2", none, MOUNT_CONFINED, CGROUP_ROOT, err) < 0)
        return -1;
    /* A kernel for one processor has no sets of them. */
    bool sets = access(CGROUP_ROOT "/cpuset.cpus.effective", F_OK) == 0;
    if (write_file(CGROUP_ROOT "/cgroup.subtree_control",
                   sets ? "+cpu +cpuset +io +memory +pids" : "+cpu +io +memory +pids", err) < 0)
        return -1;
    return mkdir(CONTAINER, 0755) < 0 ? error_errno(err, "cannot make the container's cgroup") : 0;
}

static int open_group(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? error_errno(err, "cannot open the container's cgroup") : fd;
}

int cgroup_open(struct error *err)
{
    return open_group(CONTAINER, err);
}

int cgroup_open_of(pid_t pid, struct error *err)
{
    AUTO_FREE char *file = xasprintf("/proc/%d/cgroup", pid);
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, file, PATH_MAX, &text, NULL, err) < 0)
        return -1;
    /* "0::/container/...": cgroups(7). */
    const char *group = strstr(text, "::");
    if (!group)
        return error_set(err, "%s does not name a control group", file);
    AUTO_FREE char *path =
        xasprintf("%s%.*s", CGROUP_ROOT, (int)strcspn(group + 2, "\n"), group + 2);
    return open_group(path, err);
}

int cgroup_prepare(const struct container_shape *shape, int *ret_fd, struct error *err)
{
    AUTO_CLOSE int fd = cgroup_open(err);
    if (fd < 0)
        return -1;
    if (shape->has_device_rules && device_rules_attach(&shape->device_rules, fd, err) < 0)
        return -1;
    *ret_fd = take_fd(&fd);
    return 0;
}

bool cgroup_out_of_memory(void)
{
    AUTO_FREE char *text = NULL;
    unsigned long count = 0;
    if (read_file_at(AT_FDCWD, CONTAINER "/memory.events", 4096, &text, NULL, NULL) < 0)
        return false;
    const char *line = strstr(text, "oom_kill ");
    return line && sscanf(line, "oom_kill %lu", &count) == 1 && count > 0;
}
