#include "host/spec/spec.h"

#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "host/base/directories.h"
#include "host/base/units.h"
#include "host/spec/backend.h"
#include "host/spec/rootfs.h"
#include "host/spec/rootfs_arch.h"
#include "host/spec/workload.h"

/* The machine, or what stands in for it. */
static int resolve_backend(const struct request *req, const struct backend_spec *backend,
                           struct vm_spec *spec, struct error *err)
{
    const struct setting timeout = request_setting_or_default(req, OPTION_BOOT_TIMEOUT);
    if (parse_duration(timeout.value, &spec->boot_timeout, err) < 0)
        return error_wrap(err, "%s", timeout.origin);
    if (spec->boot_timeout == 0)
        return error_set(err, "%s 0 leaves no time to boot", timeout.origin);
    if (arch_resolve(req, spec, err) < 0)
        return -1;
    return backend->resolve(req, spec, err);
}

static int resolve_volumes(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct mount_spec *mounts = &spec->container.mounts;
    spec->data = data_directory();
    if (volume_list_resolve(req, &spec->volumes, err) < 0)
        return -1;
    for (size_t i = 0; i < mounts->tmpfs_count; i++)
        for (size_t j = 0; j < spec->volumes.count; j++)
            if (strcmp(mounts->tmpfs[i].target, spec->volumes.items[j].target) == 0)
                return error_set(err, "--tmpfs and --volume %s are both to be %s in the container",
                                 spec->volumes.items[j].source, mounts->tmpfs[i].target);
    return volumes_check(&spec->volumes, err);
}

/* What is about no container. */
static int resolve_common(const struct request *req, const struct backend_spec *backend,
                          struct vm_spec *ret, struct error *err)
{
    if (backend_spec_check_options(backend, req, err) < 0)
        return -1;
    ret->debug = request_has(req, OPTION_DEBUG);
    ret->require_jail = request_has(req, OPTION_REQUIRE_JAIL);
    ret->cold = request_has(req, OPTION_COLD);
    ret->timing = request_has(req, OPTION_TIMING);
    ret->console = xstrdup_or_null(request_value(req, OPTION_CONSOLE));
    return debug_spec_resolve(req, &ret->debugging, err);
}

int spec_resolve_maintenance(const struct request *req, struct vm_spec *ret, struct error *err)
{
    const struct backend_spec *backend = backend_spec_find(req);
    ret->maintenance = true;
    ret->unprivileged = geteuid() != 0;
    if (resolve_common(req, backend, ret, err) < 0)
        return -1;
    return resolve_backend(req, backend, ret, err);
}

/* The backend of a run that is otherwise resolved: the preferred one, if it has all of it. */
static const struct backend_spec *choose_backend(const struct request *req,
                                                 const struct backend_spec *named,
                                                 const struct backend_spec *preferred,
                                                 const struct vm_spec *spec)
{
    struct error why = ERROR_INIT;
    if (!preferred || spec->kernel || spec->initrd)
        return named;
    if (backend_spec_check_options(preferred, req, &why) == 0 &&
        preferred->check(preferred, spec, &why) == 0)
        return preferred;
    log_debug("%s is preferred, but: %s", option_by_id(preferred->option)->name, why.text);
    return named;
}

int spec_resolve(const struct request *req, const struct backend_spec *preferred,
                 struct vm_spec *ret, struct error *err)
{
    const struct backend_spec *backend = backend_spec_find(req);
    if (resolve_common(req, backend, ret, err) < 0)
        return -1;
    if (workload_resolve(req, ret, err) < 0 || rootfs_resolve(req, ret, err) < 0 ||
        resolve_backend(req, backend, ret, err) < 0 ||
        network_spec_resolve(req, &ret->network, err) < 0 ||
        names_resolve(req, &ret->network, &ret->names, err) < 0 || keep_resolve(req, ret, err) < 0)
        return -1;
    const struct machine_facts machine = {
        .memory = ret->memory,
        .cpus = ret->cpus,
        .upper_disk = ret->upper == UPPER_DISK,
    };
    if (container_resolve(req, &machine, &ret->container, err) < 0)
        return -1;
    if (resolve_volumes(req, ret, err) < 0)
        return -1;
    backend = choose_backend(req, backend, preferred, ret);
    ret->backend = backend->backend;
    ret->container.netns = ret->container.netns || backend->netns(ret);
    if (backend->check(backend, ret, err) < 0 || transport_resolve(req, ret, err) < 0)
        return -1;
    if (ret->network.mode == NETWORK_BRIDGE && ret->unprivileged)
        return error_set(err, "--net bridge needs root, without --nopriv, since it changes the "
                              "host's network and restores it; --net user does not need it");
    return 0;
}

void spec_free(struct vm_spec *spec)
{
    free(spec->libvirt);
    free(spec->kernel);
    free(spec->initrd);
    free(spec->distro);
    debug_spec_free(&spec->debugging);
    free(spec->rootfs);
    free(spec->cwd);
    free(spec->user);
    free(spec->hostname);
    free(spec->console);
    container_spec_free(&spec->container);
    free(spec->name);
    free(spec->data);
    volume_list_free(&spec->volumes);
    network_spec_free(&spec->network);
    names_spec_free(&spec->names);
    strings_free(&spec->append);
    strings_free(&spec->args);
    strings_free(&spec->env);
    *spec = (struct vm_spec){0};
}
