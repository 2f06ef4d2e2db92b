#include "host/container_spec.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "common/util.h"
#include "host/units.h"

#define MIB (1024ull * 1024)
#define MEMORY_LIMIT_MIN (4 * MIB)
/* The kernel's PID_MAX_LIMIT. */
#define PIDS_MAX 4194304
#define ALL_CAPABILITIES ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)
#define BIT(capability) (UINT64_C(1) << (capability))

/* What container engines give by default: docker-run(1), "Runtime privilege". */
#define DEFAULT_CAPABILITIES                                                                       \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_MKNOD) | \
     BIT(CAP_NET_RAW) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) |  \
     BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE))

/* Covered: what a workload has no business with, as container engines have it by default. */
static const char *const masked[] = {
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
};
static const char *const readonly[] = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/*
 * Any node may be made, these may be used: the OCI runtime specification's default devices
 * (config-linux.md), terminals, and what mknod(1) of the others gives is refused on open.
 */
static const struct device_rule {
    const char *type;
    int major, minor; /* -1: all */
    const char *access;
} device_rules[] = {
    {"c", -1, -1, "m"}, {"b", -1, -1, "m"}, {"c", 1, 3, "rwm"},    {"c", 1, 5, "rwm"},
    {"c", 1, 7, "rwm"}, {"c", 1, 8, "rwm"}, {"c", 1, 9, "rwm"},    {"c", 5, 0, "rwm"},
    {"c", 5, 1, "rwm"}, {"c", 5, 2, "rwm"}, {"c", 136, -1, "rwm"},
};

/* One name, with or without CAP_, in either case; ALL is every capability. */
static int parse_capability(const char *option, const char *name, uint64_t *ret_mask,
                            struct error *err)
{
    cap_value_t value;
    if (strcasecmp(name, "ALL") == 0) {
        *ret_mask = ALL_CAPABILITIES;
        return 0;
    }
    bool prefixed = strncasecmp(name, "CAP_", 4) == 0;
    AUTO_FREE char *full = xasprintf("%s%s", prefixed ? "" : "cap_", name);
    /* cap_from_name(3) reads numbers, too. */
    if (cap_from_name(full, &value) < 0 || value < 0 || value > CAP_LAST_CAP)
        return error_set(err, "%s '%s' is no capability (see capabilities(7), or ALL)", option,
                         name);
    *ret_mask = BIT(value);
    return 0;
}

/* --nocaps takes a list, as MINCS has it. */
static int drop_list(const char *list, uint64_t *mask, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(list);
    char *rest = copy, *name;
    while ((name = strsep(&rest, ","))) {
        uint64_t one;
        if (parse_capability("--nocaps", name, &one, err) < 0)
            return -1;
        *mask &= ~one;
    }
    return 0;
}

/*
 * ALL first and then the names, whatever their order on the command line: "--cap-drop ALL
 * --cap-add CHOWN" and the reverse mean the same, as with docker.
 */
static int resolve_capabilities(const struct request *req, uint64_t *mask, struct error *err)
{
    uint64_t add = 0, drop = 0, one;
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_CAP_ADD, s))) {
        if (parse_capability("--cap-add", s->value, &one, err) < 0)
            return -1;
        if (one == ALL_CAPABILITIES)
            *mask = one;
        else
            add |= one;
    }
    while ((s = request_next(req, OPTION_CAP_DROP, s))) {
        if (parse_capability("--cap-drop", s->value, &one, err) < 0)
            return -1;
        if (one == ALL_CAPABILITIES)
            *mask = 0;
        else
            drop |= one;
    }
    if (add & drop)
        return error_set(err, "--cap-add and --cap-drop name the same capability");
    *mask = (*mask | add) & ~drop;
    while ((s = request_next(req, OPTION_NOCAPS, s)))
        if (drop_list(s->value, mask, err) < 0)
            return -1;
    return 0;
}

static int resolve_limits(const struct request *req, uint64_t memory, struct container_spec *spec,
                          struct error *err)
{
    const char *limit = request_value(req, OPTION_MEM_LIMIT);
    const char *pids = request_value(req, OPTION_PIDS_LIMIT);
    unsigned count = 0;
    if (limit && parse_size(limit, &spec->memory_max, err) < 0)
        return error_wrap(err, "--mem-limit");
    if (limit && spec->memory_max < MEMORY_LIMIT_MIN)
        return error_set(err, "--mem-limit %s is too little: at least %llum", limit,
                         MEMORY_LIMIT_MIN / MIB);
    if (limit && spec->memory_max > memory)
        return error_set(err, "--mem-limit %s is more than the machine has (--memory %llum)", limit,
                         (unsigned long long)(memory / MIB));
    if (pids && parse_count(pids, 1, PIDS_MAX, &count, err) < 0)
        return error_wrap(err, "--pids-limit");
    spec->pids_max = count;
    return 0;
}

int container_resolve(const struct request *req, uint64_t memory, struct container_spec *ret,
                      struct error *err)
{
    ret->privileged = request_has(req, OPTION_PRIVILEGED);
    ret->no_new_privs = request_has(req, OPTION_NO_NEW_PRIVS);
    ret->read_only = request_has(req, OPTION_READ_ONLY);
    ret->no_init = request_has(req, OPTION_NO_INIT);
    ret->userns = request_has(req, OPTION_USERNS);
    /* sysfs can be mounted in a user namespace only with a network namespace of its own. */
    ret->netns = request_has(req, OPTION_NETNS) || ret->userns;
    if (ret->no_init && request_has(req, OPTION_INIT))
        return error_set(err, "--init and --no-init contradict each other");
    ret->capabilities = ret->privileged ? ALL_CAPABILITIES : DEFAULT_CAPABILITIES;
    if (resolve_capabilities(req, &ret->capabilities, err) < 0)
        return -1;
    return resolve_limits(req, memory, ret, err);
}

static void add_bool(struct json_object *object, const char *key, bool value)
{
    json_object_object_add(object, key, json_object_new_boolean(value));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
    json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static struct json_object *path_list(const char *const *paths, size_t count)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, json_object_new_string(paths[i]));
    return array;
}

static struct json_object *rule_list(void)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < ARRAY_LEN(device_rules); i++) {
        const struct device_rule *r = &device_rules[i];
        struct json_object *rule = json_object_new_object();
        json_object_object_add(rule, "type", json_object_new_string(r->type));
        json_object_object_add(rule, "major", json_object_new_int(r->major));
        json_object_object_add(rule, "minor", json_object_new_int(r->minor));
        json_object_object_add(rule, "access", json_object_new_string(r->access));
        json_object_array_add(array, rule);
    }
    return array;
}

/* Exec clears the other sets for every user but root, and root's are what the bounding set allows.
 */
static struct json_object *capability_object(uint64_t mask)
{
    struct json_object *sets = json_object_new_object();
    add_number(sets, "bounding", mask);
    add_number(sets, "permitted", mask);
    add_number(sets, "effective", mask);
    return sets;
}

void container_config(const struct container_spec *spec, struct json_object *config)
{
    json_object_object_add(config, "capabilities", capability_object(spec->capabilities));
    add_bool(config, "no_new_privs", spec->no_new_privs);
    add_bool(config, "no_init", spec->no_init);
    add_bool(config, "netns", spec->netns);
    add_bool(config, "userns", spec->userns);
    struct json_object *cgroup = json_object_new_object();
    add_number(cgroup, "memory_max", spec->memory_max);
    add_number(cgroup, "pids_max", spec->pids_max);
    json_object_object_add(config, "cgroup", cgroup);
    add_bool(config, "sys_writable", spec->privileged);
    if (spec->privileged)
        return;
    json_object_object_add(config, "masked", path_list(masked, ARRAY_LEN(masked)));
    json_object_object_add(config, "readonly", path_list(readonly, ARRAY_LEN(readonly)));
    json_object_object_add(config, "device_rules", rule_list());
}
