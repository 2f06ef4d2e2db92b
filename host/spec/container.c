#include "host/spec/container.h"

#include <fcntl.h>
#include <linux/oom.h>
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "common/util.h"
#include "host/spec/capabilities.h"
#include "host/spec/options.h"

/* One argument of execve(2) holds it in the guest: MAX_ARG_STRLEN. */
#define SCRIPT_SIZE_MAX (128 * 1024 - 1)

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

/* clang-format off */
static const struct option container_rows[] = {
    {.id = OPTION_READ_ONLY, .name = "--read-only", .on = ON_ALL, .layer = BY_AGENT,
     .help = "COMMAND cannot write to its root file system",
     .manual = "/dev and /dev/shm stay writable; --tmpfs adds more writable places, as with docker."},
    {.id = OPTION_INIT, .name = "--init", .on = ON_ALL, .layer = BY_AGENT,
     .help = "run an init that reaps orphans and forwards signals (default)"},
    {.id = OPTION_NO_INIT, .name = "--no-init", .on = ON_ALL, .layer = BY_AGENT,
     .help = "run COMMAND itself as process 1",
     .manual = "The kernel then discards signals for which COMMAND has no handler."},
    {.id = OPTION_PIVOT, .name = "--pivot", .on = ON_ALL, .layer = BY_AGENT,
     .help = "enter the root file system by pivot_root(2), which is always done",
     .hidden = true},
    {.id = OPTION_NETNS, .name = "--netns", .on = ON_ALL, .layer = BY_AGENT,
     .help = "a network namespace, in addition to those that a container always has"},
    {.id = OPTION_USERNS, .name = "--userns", .on = ON_KERNELS, .layer = BY_AGENT,
     .help = "a user namespace: root's capabilities apply only inside the container",
     .manual = "Every id is mapped to itself, so files keep their owners. Implies --netns."},
    {.id = OPTION_GROUP_ADD, .name = "--group-add", .metavar = "GROUP", .on = ON_ALL, .layer = BY_AGENT,
     .help = "one more supplementary group for COMMAND, a name or a number",
     .repeatable = true},
    {.id = OPTION_SYSCTL, .name = "--sysctl", .metavar = "NAME=VALUE", .on = ON_ALL, .layer = BY_AGENT,
     .help = "set a parameter of the guest's kernel",
     .manual = "Any parameter that the kernel has, since only this container uses it.",
     .repeatable = true},
    {.id = OPTION_OOM_SCORE_ADJ, .name = "--oom-score-adj", .metavar = "N", .on = ON_KERNELS, .layer = BY_AGENT,
     .help = "how soon the guest's kernel kills COMMAND when memory runs out, -1000 to 1000",
     .manual = "Sets /proc/PID/oom_score_adj of COMMAND, which the processes it starts inherit: 0 without the option, "
         "-1000 for never. It concerns the guest's memory; for vmc itself use choom(1)."},
    {.id = OPTION_DEBUGFS, .name = "--debugfs", .on = ON_KERNELS, .layer = BY_AGENT,
     .help = "mount debugfs on /sys/kernel/debug",
     .manual = "Needs a kernel that has it: breeder build --config tracing."},
    {.id = OPTION_FTRACE, .name = "--ftrace", .metavar = "SCRIPT", .on = ON_MACHINES, .layer = BY_AGENT,
     .help = "run the host's shell script SCRIPT in the guest's tracefs before COMMAND starts",
     .manual = "The guest's busybox runs it as root in /sys/kernel/tracing, where COMMAND finds tracefs, too. Needs a "
         "kernel that has tracing: breeder build --config tracing."},
};
/* clang-format on */
const struct option_group container_options = OPTION_GROUP(TITLE_CONTAINER, container_rows);

/* NAME=VALUE; a name has dots or slashes, as sysctl(8) takes it. */
static int add_sysctl(struct strings *list, const struct setting *s, struct error *err)
{
    const char *text = s->value;
    size_t name = strcspn(text, "=");
    if (name == 0 || text[name] == '\0' || text[0] == '.' || text[0] == '/')
        return error_set(err, "%s '%s' is not NAME=VALUE", s->origin, text);
    AUTO_FREE char *copy = xstrdup(text);
    copy[name] = '\0';
    if (strstr(copy, "..") || !strpbrk(copy, "./"))
        return error_set(err,
                         "%s '%s' is not the name of a kernel parameter (as "
                         "net.core.somaxconn)",
                         s->origin, copy);
    strings_add(list, text);
    return 0;
}

static int resolve_lists(const struct request *req, struct container_spec *spec, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_SYSCTL, s)))
        if (add_sysctl(&spec->sysctls, s, err) < 0)
            return -1;
    while ((s = request_next(req, OPTION_GROUP_ADD, s))) {
        if (s->value[0] == '\0' || strchr(s->value, ':'))
            return error_set(err, "%s '%s' is not a group", s->origin, s->value);
        strings_add(&spec->groups, s->value);
    }
    return 0;
}

static int resolve_oom_score(const struct request *req, struct container_spec *spec,
                             struct error *err)
{
    const struct setting *s = request_setting(req, OPTION_OOM_SCORE_ADJ);
    char *end;
    if (!s)
        return 0;
    long value = strtol(s->value, &end, 10);
    if (end == s->value || *end || value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
        return error_set(err, "%s '%s' is not a number from -1000 to 1000", s->origin, s->value);
    spec->oom_score_adj = (int)value;
    return 0;
}

static int resolve_ftrace(const struct request *req, struct container_spec *spec, struct error *err)
{
    const struct setting *s = request_setting(req, OPTION_FTRACE);
    if (s && read_file_at(AT_FDCWD, s->value, SCRIPT_SIZE_MAX, &spec->ftrace_script, NULL, err) < 0)
        return error_wrap(err, "%s", s->origin);
    return 0;
}

int container_resolve(const struct request *req, const struct machine_facts *machine,
                      struct container_spec *ret, struct error *err)
{
    ret->privileged = request_has(req, OPTION_PRIVILEGED);
    ret->read_only = request_has(req, OPTION_READ_ONLY);
    ret->no_init = request_has(req, OPTION_NO_INIT);
    ret->userns = request_has(req, OPTION_USERNS);
    /* sysfs can be mounted in a user namespace only with a network namespace of its own. */
    ret->netns = request_has(req, OPTION_NETNS) || ret->userns;
    if (ret->no_init && request_has(req, OPTION_INIT))
        return error_set(err, "--init and --no-init contradict each other");
    if (capabilities_resolve(req, &ret->capabilities, err) < 0 ||
        security_resolve(req, &ret->security, err) < 0 ||
        cgroup_resolve(req, machine, &ret->cgroup, err) < 0 ||
        rlimits_resolve(req, &ret->rlimits, err) < 0 ||
        mounts_resolve(req, machine->memory, &ret->mounts, err) < 0 ||
        devices_resolve(req, &ret->devices, err) < 0 || resolve_lists(req, ret, err) < 0)
        return -1;
    if (ret->cgroup.pids_max == 1 && !ret->no_init)
        return error_set(err, "--pids-limit 1 leaves no room for COMMAND beside the container's "
                              "init: at least 2, or --no-init");
    return resolve_oom_score(req, ret, err) < 0 ? -1 : resolve_ftrace(req, ret, err);
}

int container_compile_seccomp(const struct container_spec *spec, const char *arch,
                              struct seccomp_filter *ret, struct error *err)
{
    const struct security_spec *security = &spec->security;
    if (security->unconfined)
        return 0;
    if (seccomp_profile_compile(security->seccomp_text, spec->capabilities, arch, ret, err) == 0)
        return 0;
    return error_wrap(err, "seccomp profile %s",
                      security->seccomp_file ? security->seccomp_file : "(vmc's default)");
}

static void fill_sysctls(const struct strings *list, struct sysctl_list *ret)
{
    ret->items = xcalloc(list->count + 1, sizeof(*ret->items));
    ret->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        char *name = xstrdup(list->items[i]);
        char *value = strchr(name, '=');
        *value++ = '\0';
        ret->items[i] = (struct sysctl_config){.name = name, .value = xstrdup(value)};
    }
}

static void fill_paths(const char *const *paths, size_t count, struct strings *ret)
{
    for (size_t i = 0; i < count; i++)
        strings_add(ret, paths[i]);
}

/*
 * Exec clears the other sets for every user but root, and root's are what the bounding set allows.
 */
static void fill_rights(const struct container_spec *spec, const struct seccomp_filter *filter,
                        struct container_shape *ret)
{
    const int64_t mask = (int64_t)spec->capabilities;
    ret->has_capabilities = true;
    ret->capabilities =
        (struct capability_sets){.bounding = mask, .permitted = mask, .effective = mask};
    ret->no_new_privs = spec->security.no_new_privs;
    ret->seccomp = byte_string_of(filter->program, filter->length);
    ret->seccomp_flags = filter->length > 0 ? filter->flags : 0;
    rlimits_fill(&spec->rlimits, &ret->rlimits);
    if (spec->security.system_paths_bare)
        return;
    fill_paths(masked, ARRAY_LEN(masked), &ret->masked);
    fill_paths(readonly, ARRAY_LEN(readonly), &ret->readonly);
}

void container_fill_shape(const struct container_spec *spec, const struct seccomp_filter *filter,
                          struct container_shape *ret)
{
    ret->read_only = spec->read_only;
    ret->no_init = spec->no_init;
    ret->netns = spec->netns;
    ret->userns = spec->userns;
    ret->devtmpfs = spec->mounts.usedev;
    ret->sys_writable = spec->privileged;
    ret->shm_size = (int64_t)spec->mounts.shm_size;
    devices_fill(&spec->devices, !spec->privileged && !spec->mounts.usedev, ret);
    fill_rights(spec, filter, ret);
}

void container_fill_config(const struct container_spec *spec, struct agent_config *ret)
{
    strings_add_all(&ret->process.groups, &spec->groups);
    fill_sysctls(&spec->sysctls, &ret->sysctls);
    ret->ftrace = spec->ftrace_script ? xstrdup(spec->ftrace_script) : NULL;
    cgroup_fill(&spec->cgroup, &ret->cgroup);
    ret->swap_disk = spec->cgroup.swap_max > 0;
    mounts_fill(&spec->mounts, &ret->mounts);
}

void container_spec_free(struct container_spec *spec)
{
    security_spec_free(&spec->security);
    cgroup_spec_free(&spec->cgroup);
    mount_spec_free(&spec->mounts);
    device_list_free(&spec->devices);
    strings_free(&spec->groups);
    strings_free(&spec->sysctls);
    free(spec->ftrace_script);
    *spec = (struct container_spec){0};
}
