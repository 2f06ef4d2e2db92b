/* Namespaces, and the names that two of them hold. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/probe/see.h"

/*
 * The inode numbers of the namespaces that the machine starts with: fixed for six of them
 * (include/linux/proc_ns.h in the kernel), the first two that are handed out for the others.
 */
static const struct {
    const char *name;
    unsigned initial;
} namespaces[] = {
    {"cgroup", 0xEFFFFFFB}, {"ipc", 0xEFFFFFFF},
    {"mnt", 0xF0000001},    {"net", 0xF0000000},
    {"pid", 0xEFFFFFFC},    {"pid_for_children", 0xEFFFFFFC},
    {"time", 0xEFFFFFFA},   {"time_for_children", 0xEFFFFFFA},
    {"user", 0xEFFFFFFD},   {"uts", 0xEFFFFFFE},
};

static unsigned inode_of(const char *name)
{
    char path[64], target[64] = "";
    snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
    if (readlink(path, target, sizeof(target) - 1) < 0)
        return 0;
    const char *bracket = strchr(target, '[');
    return bracket ? (unsigned)strtoul(bracket + 1, NULL, 10) : 0;
}

/* Lines "CLOCK SECONDS NANOSECONDS". time_namespaces(7) */
static void time_offsets(struct json *j)
{
    char *text = text_of("/proc/self/timens_offsets"), *rest = text, *line;
    json_object(j, "time_offsets");
    while (text && (line = strsep(&rest, "\n"))) {
        char clock[32];
        long long seconds, nanoseconds;
        if (sscanf(line, "%31s %lld %lld", clock, &seconds, &nanoseconds) == 3)
            json_format(j, clock, "%lld.%09lld", seconds, nanoseconds);
    }
    json_end(j);
    free(text);
}

/* Kinds with a separate namespace for children appear twice. */
void see_namespaces(struct json *j)
{
    struct utsname names;
    char *cgroup = text_of("/proc/self/cgroup");
    json_object(j, "namespaces");
    for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
        unsigned inode = inode_of(namespaces[i].name);
        json_string(j, namespaces[i].name,
                    inode == 0                       ? NULL
                    : inode == namespaces[i].initial ? "the machine's"
                                                     : "its own");
    }
    json_end(j);
    time_offsets(j);
    json_string(j, "cgroup_path", cgroup);
    uname(&names);
    json_string(j, "hostname", names.nodename);
    json_string(j, "domainname", names.domainname);
    json_string(j, "kernel", names.release);
    free(cgroup);
}
