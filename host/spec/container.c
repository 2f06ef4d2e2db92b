#include "host/spec/container.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/json.h"
#include "host/spec/capabilities.h"

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

/* NAME=VALUE; a name has dots or slashes, as sysctl(8) takes it. */
static int add_sysctl(struct strings *list, const char *text, struct error *err)
{
    size_t name = strcspn(text, "=");
    if (name == 0 || text[name] == '\0' || text[0] == '.' || text[0] == '/')
        return error_set(err, "--sysctl '%s' is not NAME=VALUE", text);
    AUTO_FREE char *copy = xstrdup(text);
    copy[name] = '\0';
    if (strstr(copy, "..") || !strpbrk(copy, "./"))
        return error_set(err,
                         "--sysctl '%s' is not the name of a kernel parameter (as "
                         "net.core.somaxconn)",
                         copy);
    strings_add(list, text);
    return 0;
}

static int resolve_lists(const struct request *req, struct container_spec *spec, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_SYSCTL, s)))
        if (add_sysctl(&spec->sysctls, s->value, err) < 0)
            return -1;
    while ((s = request_next(req, OPTION_GROUP_ADD, s))) {
        if (s->value[0] == '\0' || strchr(s->value, ':'))
            return error_set(err, "--group-add '%s' is not a group", s->value);
        strings_add(&spec->groups, s->value);
    }
    return 0;
}

static int resolve_ftrace(const struct request *req, struct container_spec *spec, struct error *err)
{
    const char *path = request_value(req, OPTION_FTRACE);
    if (path && read_file_at(AT_FDCWD, path, SCRIPT_SIZE_MAX, &spec->ftrace_script, NULL, err) < 0)
        return error_wrap(err, "--ftrace");
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
    return resolve_ftrace(req, ret, err);
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
                      security->seccomp_file ? security->seccomp_file : "of vmc's own");
}

static struct json_object *sysctl_list(const struct strings *list)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        struct json_object *sysctl = json_object_new_object();
        AUTO_FREE char *name = xstrdup(list->items[i]);
        char *value = strchr(name, '=');
        *value++ = '\0';
        json_add_string(sysctl, "name", name);
        json_add_string(sysctl, "value", value);
        json_object_array_add(array, sysctl);
    }
    return array;
}

static void add_filter(struct json_object *config, const struct seccomp_filter *filter)
{
    if (filter->length == 0)
        return;
    json_add_hex(config, "seccomp", filter->program, filter->length);
    json_add_number(config, "seccomp_flags", filter->flags);
}

void container_shape(const struct container_spec *spec, const struct seccomp_filter *filter,
                     struct json_object *shape)
{
    capabilities_config(spec->capabilities, shape);
    json_add_bool(shape, "no_new_privs", spec->security.no_new_privs);
    json_add_bool(shape, "no_init", spec->no_init);
    json_add_bool(shape, "netns", spec->netns);
    json_add_bool(shape, "userns", spec->userns);
    add_filter(shape, filter);
    rlimits_config(&spec->rlimits, shape);
    json_add_bool(shape, "devtmpfs", spec->mounts.usedev);
    json_add_bool(shape, "sys_writable", spec->privileged);
    json_add_number(shape, "shm_size", (int64_t)spec->mounts.shm_size);
    devices_config(&spec->devices, !spec->privileged && !spec->mounts.usedev, shape);
    if (spec->security.system_paths_bare)
        return;
    json_add_texts(shape, "masked", masked, ARRAY_LEN(masked));
    json_add_texts(shape, "readonly", readonly, ARRAY_LEN(readonly));
}

void container_config(const struct container_spec *spec, struct json_object *config)
{
    json_object_object_add(config, "sysctls", sysctl_list(&spec->sysctls));
    if (spec->ftrace_script)
        json_add_string(config, "ftrace", spec->ftrace_script);
    cgroup_config(&spec->cgroup, config);
    mounts_config(&spec->mounts, config);
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
