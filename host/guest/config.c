#include "host/guest/config.h"

#include "host/guest/name_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "host/base/json.h"
#include "host/base/paths.h"
#include "host/machine/machine.h"
#include "host/spec/names.h"

/* A seed from the host: the guest's generator is ready at once, and no two guests share one. */
static void add_entropy(struct json_object *object)
{
    unsigned char seed[32];
    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
        abort();
    json_add_hex(object, "entropy", seed, sizeof(seed));
}

static struct json_object *root_object(const struct vm_spec *spec)
{
    struct json_object *root = json_object_new_object();
    json_add_string(root, "upper", upper_name(spec->upper));
    if (spec->image)
        json_add_bool(root, "image", true);
    if (spec->virtiofs)
        json_add_bool(root, "virtiofs", true);
    uint64_t size = spec->upper == UPPER_RAM ? spec->upper_size : 0;
    json_add_number(root, "size", (int64_t)size);
    json_add_bool(root, "read_only", spec->container.read_only);
    return root;
}

/* A machine that booted has its device's hardware address; a copy has its template's. */
static struct json_object *network_object(const struct vm_spec *spec, bool copy,
                                          const struct network_guest *guest)
{
    struct json_object *network = json_object_new_object();
    json_add_string(network, "interface", guest->interface);
    if (copy || !machine_ops(spec->backend)->has_interface)
        json_add_string(network, "mac", guest->mac);
    if (guest->mtu > 0)
        json_add_number(network, "mtu", guest->mtu);
    if (guest->announce)
        json_add_bool(network, "announce", true);
    json_add_strings(network, "addresses", &guest->addresses);
    json_add_strings(network, "gateways", &guest->gateways);
    return network;
}

/*
 * optional: left out where the root has no such file. A volume that is this file is what the caller
 * wants there, and nothing is made in a volume that holds its directory.
 */
static void add_file(struct json_object *files, const struct volume_list *volumes, const char *path,
                     const char *text, bool optional)
{
    for (size_t i = 0; i < volumes->count; i++) {
        if (strcmp(volumes->items[i].target, path) == 0)
            return;
        optional = optional || path_is_below(path, volumes->items[i].target);
    }
    struct json_object *file = json_object_new_object();
    json_add_string(file, "path", path);
    json_add_string(file, "text", text);
    json_add_bool(file, "optional", optional);
    json_object_array_add(files, file);
}

/*
 * The files that are put over the root's own. A directory that is used as it is gets no place for
 * one that it does not have, unless an option asks for it.
 */
static struct json_object *file_list(const struct vm_spec *spec,
                                     const struct network_guest *network, const char *hostname)
{
    bool optional = spec->upper == UPPER_NONE;
    struct json_object *files = json_object_new_array();
    AUTO_FREE char *resolv_conf = names_resolv_conf(&spec->names, network, "/etc/resolv.conf");
    AUTO_FREE char *hosts = names_hosts(&spec->names, network, hostname);
    AUTO_FREE char *name = xasprintf("%s\n", hostname);
    if (resolv_conf)
        add_file(files, &spec->volumes, "/etc/resolv.conf", resolv_conf,
                 optional && spec->names.dns.count == 0);
    add_file(files, &spec->volumes, "/etc/hosts", hosts, optional && spec->names.hosts.count == 0);
    add_file(files, &spec->volumes, "/etc/hostname", name, optional && !spec->hostname);
    return files;
}

static int compare_targets(const void *a, const void *b)
{
    struct json_object *const *first = a, *const *second = b;
    return strcmp(json_object_get_string(json_object_object_get(*first, "target")),
                  json_object_get_string(json_object_object_get(*second, "target")));
}

/* Of every kind; what lies in another mount comes after it. */
static void add_mounts(const struct vm_spec *spec, struct json_object *config)
{
    struct json_object *mounts = json_object_new_array();
    json_object_object_add(config, "mounts", mounts);
    container_config(&spec->container, config);
    volume_list_config(&spec->volumes, spec->virtiofs_volumes, mounts);
    json_object_array_sort(mounts, compare_targets);
}

static char *take_text(struct json_object *object)
{
    char *json = xstrdup(json_object_to_json_string_ext(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
    return json;
}

char *agent_shape_json(const struct vm_spec *spec, const struct seccomp_filter *filter)
{
    struct json_object *shape = json_object_new_object();
    json_object_object_add(shape, "root", root_object(spec));
    json_add_bool(shape, "hosted", spec->backend == BACKEND_NAMESPACES);
    container_shape(&spec->container, filter, shape);
    return take_text(shape);
}

static void add_file_capabilities(struct json_object *config, const struct capable_files *list)
{
    if (list->count == 0)
        return;
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        struct json_object *file = json_object_new_object();
        json_add_string(file, "path", list->items[i].path);
        json_add_hex(file, "value", list->items[i].value, sizeof(list->items[i].value));
        json_object_array_add(array, file);
    }
    json_object_object_add(config, "file_capabilities", array);
}

static struct json_object *process_object(const struct vm_spec *spec,
                                          const struct window_size *window)
{
    struct json_object *process = json_object_new_object();
    json_add_strings(process, "args", &spec->args);
    json_add_strings(process, "env", &spec->env);
    json_add_string(process, "cwd", spec->cwd);
    if (spec->user)
        json_add_string(process, "user", spec->user);
    json_add_strings(process, "groups", &spec->container.groups);
    json_add_bool(process, "tty", spec->tty);
    json_add_number(process, "rows", window->rows);
    json_add_number(process, "columns", window->columns);
    return process;
}

char *agent_config_json(const struct vm_spec *spec, bool copy, const char *hostname,
                        const struct network_guest *network, const struct window_size *window,
                        const struct capable_files *file_capabilities)
{
    struct json_object *config = json_object_new_object();
    json_object_object_add(config, "process", process_object(spec, window));
    if (spec->hostname)
        hostname = spec->hostname;
    json_add_string(config, "hostname", hostname);
    add_mounts(spec, config);
    json_add_bool(config, "debug", spec->debug);
    if (spec->backend == BACKEND_UML)
        json_add_bool(config, "hostfs", true);
    if (spec->keep)
        json_add_bool(config, "keep", true);
    if (network->interface[0])
        json_object_object_add(config, "network", network_object(spec, copy, network));
    json_object_object_add(config, "files", file_list(spec, network, hostname));
    add_file_capabilities(config, file_capabilities);
    add_entropy(config);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    json_add_number(config, "time_ns", now.tv_sec * NS_PER_S + now.tv_nsec);
    return take_text(config);
}
