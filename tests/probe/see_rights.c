/* Identity and rights of the process: ids, capabilities, seccomp, resource limits, keys. */
#include <grp.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/probe/see.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* By number. capabilities(7) */
static const char *const capability_names[] = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
};

/* By number. setrlimit(2) */
static const char *const limit_names[] = {
    "cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
    "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
};

/* Tabs within are blanks. */
static void field(struct json *j, const char *key, const char *status, const char *name)
{
    char *value = field_of(status, name);
    for (char *c = value; c && *c; c++)
        if (*c == '\t')
            *c = ' ';
    json_string(j, key, value);
    free(value);
}

/* Lines of /proc/self/uid_map with single blanks. */
static void map(struct json *j, const char *key, const char *path)
{
    char *text = text_of(path), *rest = text, *line;
    json_array(j, key);
    while (text && (line = strsep(&rest, "\n"))) {
        uint32_t inside, outside, count;
        if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside, &count) == 3)
            json_format(j, NULL, "%" PRIu32 " %" PRIu32 " %" PRIu32, inside, outside, count);
    }
    json_end(j);
    free(text);
}

static void ids(struct json *j, const char *status)
{
    gid_t groups[64];
    int count = getgroups(COUNT(groups), groups);
    char *setgroups = text_of("/proc/self/setgroups");
    json_object(j, "ids");
    field(j, "user", status, "Uid");
    field(j, "group", status, "Gid");
    json_array(j, "groups");
    for (int i = 0; i < count; i++)
        json_number(j, NULL, groups[i]);
    json_end(j);
    map(j, "uid_map", "/proc/self/uid_map");
    map(j, "gid_map", "/proc/self/gid_map");
    json_string(j, "setgroups", setgroups);
    json_end(j);
    free(setgroups);
}

static void capability_set(struct json *j, const char *key, const char *status, const char *name)
{
    char *text = field_of(status, name);
    uint64_t mask = text ? strtoull(text, NULL, 16) : 0;
    json_object(j, key);
    json_format(j, "hex", "%" PRIx64, mask);
    json_array(j, "names");
    for (unsigned n = 0; n < 64; n++) {
        if (!(mask >> n & 1))
            continue;
        if (n < COUNT(capability_names))
            json_string(j, NULL, capability_names[n]);
        else
            json_format(j, NULL, "%u", n);
    }
    json_end(j);
    json_end(j);
    free(text);
}

static void limits(struct json *j)
{
    json_object(j, "limits");
    for (size_t i = 0; i < COUNT(limit_names); i++) {
        struct rlimit limit = {0};
        getrlimit((__rlimit_resource_t)i, &limit);
        json_object(j, limit_names[i]);
        const rlim_t values[] = {limit.rlim_cur, limit.rlim_max};
        for (int k = 0; k < 2; k++) {
            const char *key = k ? "hard" : "soft";
            if (values[k] == RLIM_INFINITY)
                json_string(j, key, "unlimited");
            else
                json_number(j, key, (long long)values[k]);
        }
        json_end(j);
    }
    json_end(j);
}

/* "TYPE;UID;GID;PERMISSIONS;NAME" of a keyring, keyctl(2); or why not. */
static void keyring(struct json *j, const char *key, int id)
{
    char text[256] = "";
    long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, text, sizeof(text) - 1);
    if (n < 0)
        json_outcome(j, key, n);
    else
        json_string(j, key, text);
}

void see_rights(struct json *j)
{
    char *status = text_of("/proc/self/status");
    ids(j, status);
    json_object(j, "capabilities");
    capability_set(j, "inheritable", status, "CapInh");
    capability_set(j, "permitted", status, "CapPrm");
    capability_set(j, "effective", status, "CapEff");
    capability_set(j, "bounding", status, "CapBnd");
    capability_set(j, "ambient", status, "CapAmb");
    json_format(j, "securebits", "%x", (unsigned)prctl(PR_GET_SECUREBITS));
    json_end(j);
    field(j, "no_new_privileges", status, "NoNewPrivs");
    json_object(j, "seccomp");
    field(j, "mode", status, "Seccomp");
    field(j, "filters", status, "Seccomp_filters");
    json_end(j);
    limits(j);
    json_object(j, "keyrings");
    keyring(j, "session", KEY_SPEC_SESSION_KEYRING);
    keyring(j, "user", KEY_SPEC_USER_KEYRING);
    json_end(j);
    free(status);
}
