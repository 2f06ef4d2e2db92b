#include "host/spec/spec.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/directories.h"
#include "host/base/object_name.h"
#include "host/base/units.h"
#include "host/spec/backend.h"
#include "host/spec/environment.h"
#include "host/spec/rootfs_arch.h"
#include "host/spec/rootfs_image.h"
#include "host/spec/transport.h"

#define UPPER_SIZE_MIN (1024ull * 1024)

static char *copy_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static int resolve_upper(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *value = request_value(req, OPTION_UPPER);
    if (request_has(req, OPTION_DIRECT)) {
        if (value && strcmp(value, "none") != 0)
            return error_set(err, "--direct is --upper none and cannot go with --upper %s", value);
        value = "none";
    }
    if (!value)
        value = request_value_or_default(req, OPTION_UPPER);
    const char *colon = strchrnul(value, ':');
    size_t length = (size_t)(colon - value);
    for (enum upper upper = UPPER_RAM; upper < UPPER_COUNT; upper++) {
        const char *name = upper_name(upper);
        if (strlen(name) != length || strncmp(name, value, length) != 0)
            continue;
        spec->upper = upper;
        if (*colon == '\0')
            return 0;
        if (upper != UPPER_RAM && upper != UPPER_DISK)
            return error_set(err, "--upper %s takes no size", name);
        if (parse_size(colon + 1, &spec->upper_size, err) < 0)
            return error_wrap(err, "--upper %s", name);
        if (spec->upper_size < UPPER_SIZE_MIN || spec->upper_size > INT64_MAX / 2)
            return error_set(err, "--upper %s: the size must be at least 1m", value);
        return 0;
    }
    return error_set(err, "--upper '%s': it must be ram[:SIZE], disk[:SIZE], host or none", value);
}

/* Fails where the rootfs cannot be used; *ret_host: it is the host's own root. */
static int check_rootfs(const char *rootfs, bool *ret_host, struct error *err)
{
    AUTO_CLOSE int fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat root, host;
    if (fd < 0 || fstat(fd, &root) < 0 || stat("/", &host) < 0)
        return error_errno(err, "root file system %s", rootfs);
    if (faccessat(fd, ".", R_OK | X_OK, AT_EACCESS) < 0)
        return error_errno(err, "root file system %s cannot be read", rootfs);
    *ret_host = host.st_dev == root.st_dev && host.st_ino == root.st_ino;
    return 0;
}

/* An image is read: what changes lies above it, in the guest. image_arch() looks at it. */
static int check_image(const struct vm_spec *spec, struct error *err)
{
    if (spec->upper == UPPER_RAM || spec->upper == UPPER_DISK)
        return 0;
    return error_set(err,
                     "--upper %s is for directories, and %s is an image, which nobody writes to: "
                     "--upper ram or disk",
                     upper_name(spec->upper), spec->rootfs);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 || S_ISDIR(st.st_mode);
}

static int resolve_rootfs(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *rootfs = request_value(req, OPTION_ROOTFS);
    const char *nopriv = request_value(req, OPTION_NOPRIV);
    if (rootfs && nopriv)
        return error_set(err,
                         "--nopriv DIR names the root file system itself: leave out "
                         "--rootfs %s",
                         rootfs);
    spec->unprivileged = nopriv || geteuid() != 0;
    if (nopriv)
        rootfs = nopriv;
    spec->rootfs = xstrdup(rootfs ? rootfs : "/");
    spec->image = !is_directory(spec->rootfs);
    bool host;
    if (resolve_upper(req, spec, err) < 0)
        return -1;
    if (spec->image)
        return check_image(spec, err);
    if (check_rootfs(spec->rootfs, &host, err) < 0)
        return -1;
    if (host && spec->upper == UPPER_NONE)
        return error_set(err, "--upper none on the host's own / would let the guest change this "
                              "host; name another directory with --rootfs");
    return 0;
}

/* An image is not looked into: its label says it. */
static int image_arch(const char *image, const struct arch *named, const struct arch **ret,
                      struct error *err)
{
    AUTO_CLOSE int fd = -1;
    const struct arch *labelled;
    if (rootfs_image_open(image, &fd, &labelled, err) < 0)
        return -1;
    if (!named && !labelled)
        return error_set(err,
                         "%s does not say which architecture it is for, as those of 'vmc pack' do: "
                         "give --arch",
                         image);
    if (named && labelled && named != labelled)
        return error_set(err, "--arch %s: %s is for %s", named->name, image, labelled->name);
    *ret = named ? named : labelled;
    return 0;
}

static int resolve_arch(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *name = request_value(req, OPTION_ARCH);
    const struct arch *named = name ? arch_find(name) : NULL;
    if (name && !named)
        return error_set(
            err, "no guest of architecture %s can be run (see --arch in 'vmc help run')", name);
    spec->arch = named ? named : arch_native();
    if (spec->maintenance)
        return spec->arch ? 0 : error_set(err, "vmc has no machine of this host's architecture");
    if (spec->image)
        return image_arch(spec->rootfs, named, &spec->arch, err);
    /* --explain needs no command. */
    const char *command = spec->args.count > 0 ? spec->args.items[0] : "/bin/sh";
    return rootfs_arch(spec->rootfs, command, spec->cwd, &spec->env, named, &spec->arch, err);
}

/* The machine, or what stands in for it. */
static int resolve_backend(const struct request *req, const struct backend_spec *backend,
                           struct vm_spec *spec, struct error *err)
{
    if (parse_duration(request_value_or_default(req, OPTION_BOOT_TIMEOUT), &spec->boot_timeout,
                       err) < 0)
        return error_wrap(err, "--boot-timeout");
    if (spec->boot_timeout == 0)
        return error_set(err, "--boot-timeout 0 leaves no time to boot");
    if (resolve_arch(req, spec, err) < 0)
        return -1;
    return backend->resolve(req, spec, err);
}

static int check_hostname(const char *name, struct error *err)
{
    /* sethostname(2) takes 64 bytes; the characters are those of hostname(7). */
    size_t length = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    if (length == 0 || length > 64 || good != length || name[0] == '-' || name[0] == '.')
        return error_set(err,
                         "--hostname '%s' is not a host name (letters, digits, '-' and '.', "
                         "at most 64)",
                         name);
    return 0;
}

static int resolve_workload(const struct request *req, struct vm_spec *spec, struct error *err)
{
    for (int i = 0; i < req->arg_count; i++)
        strings_add(&spec->args, req->args[i]);
    spec->tty = request_has(req, OPTION_TTY);
    if (spec->tty && !isatty(STDIN_FILENO))
        return error_set(err, "--tty needs a terminal on standard input; leave it out in scripts");
    if (environment_resolve(req, spec->tty, &spec->env, err) < 0)
        return -1;
    spec->cwd = xstrdup(request_value_or_default(req, OPTION_WORKDIR));
    if (spec->cwd[0] != '/')
        return error_set(err, "--workdir '%s' must be an absolute path", spec->cwd);
    spec->user = copy_or_null(request_value(req, OPTION_USER));
    if (spec->user && (spec->user[0] == '\0' || spec->user[0] == ':'))
        return error_set(err, "--user '%s' is not a user", spec->user);
    const char *hostname = request_value(req, OPTION_HOSTNAME);
    if (hostname && check_hostname(hostname, err) < 0)
        return -1;
    spec->hostname = copy_or_null(hostname);
    const char *timeout = request_value(req, OPTION_TIMEOUT);
    if (timeout && parse_duration(timeout, &spec->timeout, err) < 0)
        return error_wrap(err, "--timeout");
    return 0;
}

/* A kept layer is a disk; the name is the container's, and its host name. */
static int resolve_keep(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *name = request_value(req, OPTION_NAME);
    spec->keep = request_has(req, OPTION_KEEP);
    if (name && object_name_check("--name", name, err) < 0)
        return -1;
    spec->name = copy_or_null(name);
    if (!spec->hostname)
        spec->hostname = copy_or_null(name);
    if (spec->keep && request_has(req, OPTION_RM))
        return error_set(err, "--rm leaves nothing behind, and --keep the changes: give one");
    if (!spec->keep || spec->upper == UPPER_DISK)
        return 0;
    if (request_has(req, OPTION_UPPER) || request_has(req, OPTION_DIRECT))
        return error_set(err, "--keep keeps a disk (--upper disk[:SIZE]): --upper %s has none",
                         upper_name(spec->upper));
    spec->upper = UPPER_DISK;
    return 0;
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

int spec_resolve(const struct request *req, struct vm_spec *ret, struct error *err)
{
    const struct backend_spec *backend = backend_spec_find(req);
    if (backend_spec_check_options(backend, req, err) < 0)
        return -1;
    ret->debug = request_has(req, OPTION_DEBUG);
    ret->require_jail = request_has(req, OPTION_REQUIRE_JAIL);
    ret->cold = request_has(req, OPTION_COLD);
    ret->timing = request_has(req, OPTION_TIMING);
    ret->console = copy_or_null(request_value(req, OPTION_CONSOLE));
    ret->maintenance = req->command->id == COMMAND_SHELL_GUEST;
    if (debug_spec_resolve(req, &ret->debugging, err) < 0)
        return -1;
    if (ret->maintenance) {
        ret->unprivileged = geteuid() != 0;
        return resolve_backend(req, backend, ret, err);
    }
    if (resolve_workload(req, ret, err) < 0 || resolve_rootfs(req, ret, err) < 0 ||
        resolve_backend(req, backend, ret, err) < 0 ||
        network_spec_resolve(req, &ret->network, err) < 0 ||
        names_resolve(req, &ret->network, &ret->names, err) < 0 || resolve_keep(req, ret, err) < 0)
        return -1;
    const struct machine_facts machine = {
        .memory = ret->memory,
        .cpus = ret->cpus,
        .upper_disk = ret->upper == UPPER_DISK,
    };
    if (container_resolve(req, &machine, &ret->container, err) < 0)
        return -1;
    backend_spec_take(backend, ret);
    if (resolve_volumes(req, ret, err) < 0 || backend->check(backend, ret, err) < 0 ||
        transport_spec_resolve(req, ret, err) < 0)
        return -1;
    if (ret->network.mode == NETWORK_BRIDGE && ret->unprivileged)
        return error_set(err, "--net bridge needs root, without --nopriv, since it changes the "
                              "host's network and changes it back; --net user needs nothing");
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
