#include "host/guest/config.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/container_config.h"
#include "host/base/paths.h"
#include "host/guest/name_files.h"
#include "host/machine/machine.h"
#include "host/spec/names.h"

/* A seed from the host: the guest's generator is ready at once, and no two guests share one. */
static struct byte_string seed(void)
{
    uint8_t bytes[ENTROPY_SIZE];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        abort();
    return byte_string_of(bytes, sizeof(bytes));
}

static char *copy_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* A machine that booted has its device's hardware address; a copy has its template's. */
static void fill_network(const struct vm_spec *spec, bool copy, const struct network_guest *guest,
                         struct network_config *ret)
{
    if (!guest->interface[0])
        return;
    ret->interface = xstrdup(guest->interface);
    if (copy || !machine_ops(spec->backend)->has_interface)
        ret->mac = xstrdup(guest->mac);
    ret->mtu = guest->mtu;
    ret->announce = guest->announce;
    strings_add_all(&ret->addresses, &guest->addresses);
    strings_add_all(&ret->gateways, &guest->gateways);
}

/*
 * optional: left out where the root has no such file. A volume that is this file is what the caller
 * wants there, and nothing is made in a volume that holds its directory.
 */
static void add_file(struct file_list *files, const struct volume_list *volumes, const char *path,
                     const char *text, bool optional)
{
    for (size_t i = 0; i < volumes->count; i++) {
        if (strcmp(volumes->items[i].target, path) == 0)
            return;
        optional = optional || path_is_below(path, volumes->items[i].target);
    }
    files->items = xrealloc(files->items, files->count + 1, sizeof(*files->items));
    files->items[files->count++] = (struct file_config){
        .path = xstrdup(path),
        .text = xstrdup(text),
        .optional = optional,
    };
}

/*
 * The files that are put over the root's own. A directory that is used as it is gets no place for
 * one that it does not have, unless an option asks for it.
 */
static void fill_files(const struct vm_spec *spec, const struct network_guest *network,
                       const char *hostname, struct file_list *ret)
{
    bool optional = spec->upper == UPPER_NONE;
    AUTO_FREE char *resolv_conf = names_resolv_conf(&spec->names, network, "/etc/resolv.conf");
    AUTO_FREE char *hosts = names_hosts(&spec->names, network, hostname);
    AUTO_FREE char *name = xasprintf("%s\n", hostname);
    if (resolv_conf)
        add_file(ret, &spec->volumes, "/etc/resolv.conf", resolv_conf,
                 optional && spec->names.dns.count == 0);
    add_file(ret, &spec->volumes, "/etc/hosts", hosts, optional && spec->names.hosts.count == 0);
    add_file(ret, &spec->volumes, "/etc/hostname", name, optional && !spec->hostname);
}

static int compare_targets(const void *a, const void *b)
{
    const struct mount_config *first = a, *second = b;
    return strcmp(first->target, second->target);
}

/* What lies in another mount comes after it. */
static void sort_mounts(struct mount_list *mounts)
{
    if (mounts->count > 0)
        qsort(mounts->items, mounts->count, sizeof(*mounts->items), compare_targets);
}

static void fill_file_capabilities(const struct capable_files *list,
                                   struct file_capability_list *ret)
{
    ret->items = xcalloc(list->count + 1, sizeof(*ret->items));
    ret->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        ret->items[i] = (struct file_capability){
            .path = xstrdup(list->items[i].path),
            .value = byte_string_of(list->items[i].value, sizeof(list->items[i].value)),
        };
}

static void fill_process(const struct vm_spec *spec, const struct window_size *window,
                         struct process_config *ret)
{
    strings_add_all(&ret->args, &spec->args);
    strings_add_all(&ret->env, &spec->env);
    ret->cwd = xstrdup(spec->cwd);
    ret->user = copy_or_null(spec->user);
    ret->oom_score_adj = spec->container.oom_score_adj;
    ret->tty = spec->tty;
    ret->rows = window->rows;
    ret->columns = window->columns;
}

char *agent_shape_json(const struct vm_spec *spec, const struct seccomp_filter *filter)
{
    struct container_shape shape = {
        .upper = spec->upper,
        .upper_size = spec->upper == UPPER_RAM ? (int64_t)spec->upper_size : 0,
        .image = spec->image,
        .virtiofs = spec->virtiofs,
        .hosted = spec->backend == BACKEND_NAMESPACES,
    };
    container_fill_shape(&spec->container, filter, &shape);
    char *json = container_shape_text(&shape);
    container_shape_free(&shape);
    return json;
}

char *agent_config_json(const struct vm_spec *spec, bool copy, const char *hostname,
                        const struct network_guest *network, const struct window_size *window,
                        const struct capable_files *file_capabilities)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (spec->hostname)
        hostname = spec->hostname;
    struct agent_config config = {
        .hostname = xstrdup(hostname),
        .debug = spec->debug,
        .hostfs = spec->backend == BACKEND_UML,
        .keep = spec->keep,
        .entropy = seed(),
        .time_ns = now.tv_sec * NS_PER_S + now.tv_nsec,
    };
    fill_process(spec, window, &config.process);
    container_fill_config(&spec->container, &config);
    volume_list_fill(&spec->volumes, spec->virtiofs_volumes, &config.mounts);
    sort_mounts(&config.mounts);
    fill_network(spec, copy, network, &config.network);
    fill_files(spec, network, hostname, &config.files);
    fill_file_capabilities(file_capabilities, &config.file_capabilities);
    char *json = agent_config_text(&config);
    agent_config_free(&config);
    return json;
}
