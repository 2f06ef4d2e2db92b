#include "host/spec/devices.h"

#include <string.h>

#include "common/util.h"
#include "host/spec/options.h"

/*
 * Any node may be made, these may be used: the OCI runtime specification's default devices
 * (config-linux.md) and terminals; what mknod(1) of the others gives is refused on open. The
 * machine's console (5:1) is not among them: /dev/console is the workload's terminal or is not
 * there, and what is written to the other one would pass for the kernel's words.
 */
static const struct usable_devices {
    const char *type;
    int major, minor; /* -1: all */
    const char *access;
} usable_devices[] = {
    {"c", -1, -1, "m"}, {"b", -1, -1, "m"},    {"c", 1, 3, "rwm"}, {"c", 1, 5, "rwm"},
    {"c", 1, 7, "rwm"}, {"c", 1, 8, "rwm"},    {"c", 1, 9, "rwm"}, {"c", 5, 0, "rwm"},
    {"c", 5, 2, "rwm"}, {"c", 136, -1, "rwm"},
};

/* clang-format off */
static const struct option device_rows[] = {
    {.id = OPTION_DEVICE, .name = "--device", .metavar = "DEVICE[:PATH][:ACCESS]", .on = ON_KERNELS,
     .layer = BY_GUEST_CGROUP,
     .help = "give COMMAND a device of the guest's kernel, such as /dev/kmsg",
     .manual = "ACCESS is any of r, w and m (mknod). Host devices are not devices of the guest: the host's disks, "
         "sound cards or /dev/kvm cannot be passed this way.",
     .repeatable = true},
    {.id = OPTION_USEDEV, .name = "--usedev", .on = ON_KERNELS, .layer = BY_AGENT,
     .help = "use the guest kernel's own /dev: every device, visible and usable"},
};
/* clang-format on */
const struct option_group device_options = OPTION_GROUP(TITLE_CONTAINER, device_rows);

static bool is_access(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 3 && strspn(text, "rwm") == length;
}

static int check_path(const struct setting *s, const char *path, struct error *err)
{
    if (strncmp(path, "/dev/", 5) == 0 && path[5] && !strstr(path, "/.."))
        return 0;
    return error_set(err, "%s '%s': '%s' is not a path below the guest's /dev", s->origin, s->value,
                     path);
}

static void device_list_add(struct device_list *list, const char *source, const char *target,
                            const char *access)
{
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct device_config){
        .path = xstrdup(target),
        .source = xstrdup(source),
        .access = xstrdup(access),
    };
}

/* SOURCE[:TARGET][:ACCESS], as docker reads it. */
static int add_device(struct device_list *list, const struct setting *s, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(s->value);
    char *rest = copy;
    const char *source = strsep(&rest, ":"), *target = source, *access = "rwm";
    const char *second = strsep(&rest, ":"), *third = strsep(&rest, ":");
    if (second && third) {
        target = second;
        access = third;
    } else if (second && is_access(second)) {
        access = second;
    } else if (second) {
        target = second;
    }
    if (rest || !is_access(access))
        return error_set(err,
                         "%s '%s' is not DEVICE[:TARGET][:ACCESS], with ACCESS of r, w "
                         "and m",
                         s->origin, s->value);
    if (check_path(s, source, err) < 0 || check_path(s, target, err) < 0)
        return -1;
    device_list_add(list, source, target, access);
    return 0;
}

int devices_resolve(const struct request *req, struct device_list *ret, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_DEVICE, s)))
        if (add_device(ret, s, err) < 0)
            return -1;
    return 0;
}

static void fill_rules(struct device_rule_list *ret)
{
    ret->items = xcalloc(ARRAY_LEN(usable_devices), sizeof(*ret->items));
    ret->count = ARRAY_LEN(usable_devices);
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i] = (struct device_rule){
            .type = xstrdup(usable_devices[i].type),
            .major = usable_devices[i].major,
            .minor = usable_devices[i].minor,
            .access = xstrdup(usable_devices[i].access),
        };
}

void devices_fill(const struct device_list *list, bool checked, struct container_shape *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct device_config *device = &list->items[i];
        device_list_add(&ret->devices, device->source, device->path, device->access);
    }
    ret->has_device_rules = checked;
    if (checked)
        fill_rules(&ret->device_rules);
}

void device_list_free(struct device_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free((char *)list->items[i].path);
        free(list->items[i].source);
        free(list->items[i].access);
    }
    free(list->items);
    *list = (struct device_list){0};
}
