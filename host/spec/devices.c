#include "host/spec/devices.h"

#include <string.h>

#include "common/util.h"
#include "host/base/json.h"

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

static bool is_access(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 3 && strspn(text, "rwm") == length;
}

static int check_path(const char *text, const char *path, struct error *err)
{
    if (strncmp(path, "/dev/", 5) == 0 && path[5] && !strstr(path, "/.."))
        return 0;
    return error_set(err, "--device '%s': '%s' is not a path below the guest's /dev", text, path);
}

/* SOURCE[:TARGET][:ACCESS], as docker reads it. */
static int add_device(struct device_list *list, const char *text, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(text);
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
                         "--device '%s' is not DEVICE[:TARGET][:ACCESS], with ACCESS of r, w "
                         "and m",
                         text);
    if (check_path(text, source, err) < 0 || check_path(text, target, err) < 0)
        return -1;
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct device_config){
        .path = xstrdup(target),
        .source = xstrdup(source),
        .access = xstrdup(access),
    };
    return 0;
}

int devices_resolve(const struct request *req, struct device_list *ret, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_DEVICE, s)))
        if (add_device(ret, s->value, err) < 0)
            return -1;
    return 0;
}

static struct json_object *rule_list(void)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < ARRAY_LEN(usable_devices); i++) {
        const struct usable_devices *r = &usable_devices[i];
        struct json_object *rule = json_object_new_object();
        json_add_string(rule, "type", r->type);
        json_add_number(rule, "major", r->major);
        json_add_number(rule, "minor", r->minor);
        json_add_string(rule, "access", r->access);
        json_object_array_add(array, rule);
    }
    return array;
}

void devices_config(const struct device_list *list, bool checked, struct json_object *config)
{
    struct json_object *devices = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        struct json_object *device = json_object_new_object();
        json_add_string(device, "path", list->items[i].path);
        json_add_string(device, "source", list->items[i].source);
        json_add_string(device, "access", list->items[i].access);
        json_object_array_add(devices, device);
    }
    json_object_object_add(config, "devices", devices);
    if (checked)
        json_object_object_add(config, "device_rules", rule_list());
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
