#include "guest-agent/container/devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/util.h"

static void allow(struct device_rule_list *rules, const struct device_config *device)
{
    rules->items = xrealloc(rules->items, rules->count + 1, sizeof(*rules->items));
    rules->items[rules->count++] = (struct device_rule){
        .type = xstrdup(device->block ? "b" : "c"),
        .major = device->major,
        .minor = device->minor,
        .access = xstrdup(device->access ? device->access : "rwm"),
    };
}

static int resolve(struct device_config *device, struct error *err)
{
    struct stat st;
    if (stat(device->source, &st) < 0)
        return error_errno(err, "--device %s: the guest's kernel has no such device",
                           device->source);
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(err, "--device %s: it is not a device", device->source);
    device->block = S_ISBLK(st.st_mode);
    device->major = major(st.st_rdev);
    device->minor = minor(st.st_rdev);
    if (device->mode == 0)
        device->mode = st.st_mode & 0777;
    return 0;
}

int devices_resolve(struct container_shape *shape, struct error *err)
{
    for (size_t i = 0; i < shape->devices.count; i++) {
        struct device_config *device = &shape->devices.items[i];
        if (!device->source)
            continue;
        if (resolve(device, err) < 0)
            return -1;
        if (shape->has_device_rules)
            allow(&shape->device_rules, device);
    }
    return 0;
}
