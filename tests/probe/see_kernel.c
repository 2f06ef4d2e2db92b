/* Limits and settings that the kernel shows as files: cgroup v2, sysctls with a namespace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/probe/see.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* admin-guide/cgroup-v2.rst in the kernel's documentation */
static const char *const cgroup_files[] = {
    "cgroup.controllers", "cgroup.subtree_control", "cgroup.type",     "cpu.max",     "cpu.weight",
    "cpuset.cpus",        "cpuset.cpus.effective",  "io.max",          "memory.high", "memory.low",
    "memory.max",         "memory.oom.group",       "memory.swap.max", "pids.max",
};

/* Those that --sysctl can set for one container, and a few of the machine. sysctl(8) */
static const char *const sysctls[] = {
    "fs/mqueue/msg_max",
    "fs/mqueue/queues_max",
    "kernel/dmesg_restrict",
    "kernel/msgmax",
    "kernel/msgmnb",
    "kernel/msgmni",
    "kernel/sem",
    "kernel/shm_rmid_forced",
    "kernel/shmall",
    "kernel/shmmax",
    "kernel/shmmni",
    "kernel/unprivileged_bpf_disabled",
    "net/core/somaxconn",
    "net/ipv4/conf/all/forwarding",
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_unprivileged_port_start",
    "net/ipv4/ping_group_range",
    "net/ipv4/tcp_fin_timeout",
    "net/ipv4/tcp_keepalive_time",
    "net/ipv4/tcp_syncookies",
    "net/ipv6/conf/all/disable_ipv6",
    "net/ipv6/conf/all/forwarding",
    "user/max_user_namespaces",
    "vm/overcommit_memory",
    "vm/swappiness",
};

/* Tabs and newlines within are blanks. */
static void file(struct json *j, const char *directory, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    char *text = text_of(path);
    for (char *c = text; c && *c; c++)
        if (*c == '\t' || *c == '\n')
            *c = ' ';
    if (text)
        json_string(j, name, text);
    else
        json_outcome(j, name, -1);
    free(text);
}

void see_kernel(struct json *j)
{
    json_object(j, "cgroup");
    for (size_t i = 0; i < COUNT(cgroup_files); i++)
        file(j, "/sys/fs/cgroup", cgroup_files[i]);
    json_end(j);
    json_object(j, "sysctls");
    for (size_t i = 0; i < COUNT(sysctls); i++)
        file(j, "/proc/sys", sysctls[i]);
    json_end(j);
    file(j, "/proc", "swaps");
}
