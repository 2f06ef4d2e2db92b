/* What --libvirt supports: why it refuses the other options, and which URIs it accepts. */
#include <string.h>

#include "common/util.h"
#include "host/backend/libvirt/libvirt.h"
#include "host/base/userns.h"
#include "host/spec/machine.h"

#define SESSION "/session"
#define SYSTEM "/system"

/* clang-format off */
static const struct refusal refusals[] = {
    {OPTION_QEMU, "both choose what runs the machine: give one"},
    {OPTION_HOST, "both say in what to run COMMAND: give one"},
    {OPTION_UML, "both say in what to run COMMAND: give one"},
    {OPTION_GDB, "it makes the guest wait, but libvirt starts it"},
    {OPTION_CRASH_DUMP, "it needs QEMU's monitor, which libvirt owns"},
};
/* clang-format on */

/*
 * QEMU's driver on this host, libvirt.org/uri.html: the machine's files are in this host's, and its
 * sockets, too. *ret_path is what follows the empty host name.
 */
static int check_local(const char *uri, const char **ret_path, struct error *err)
{
    static const char *const schemes[] = {"qemu://", "qemu+unix://"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t length = strlen(schemes[i]);
        *ret_path = uri + length;
        if (strncmp(uri, schemes[i], length) == 0 && uri[length] == '/')
            return 0;
    }
    return error_set(
        err, "--libvirt=%s is not QEMU on this host: qemu:///session or qemu:///system", uri);
}

/* A path is followed by the end, or by parameters. */
static bool is_path(const char *path, const char *wanted)
{
    size_t length = strlen(wanted);
    return strncmp(path, wanted, length) == 0 && (path[length] == '\0' || path[length] == '?');
}

/* libvirt's own rules, and who could reach whose files. */
static int check_driver(const char *uri, const char *path, struct error *err)
{
    bool root = am_host_root();
    if (!is_path(path, SESSION) && !is_path(path, SYSTEM))
        return error_set(err, "--libvirt=%s: QEMU's driver is qemu:///session or qemu:///system",
                         uri);
    if (root && is_path(path, SESSION))
        return error_set(err, "--libvirt=%s: root's libvirt is qemu:///system", uri);
    if (!root && is_path(path, SYSTEM))
        return error_set(err,
                         "--libvirt=%s: its machines run as another user, which cannot reach your "
                         "files; an ordinary user's libvirt is qemu:///session",
                         uri);
    return 0;
}

static int resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *uri = request_value(req, OPTION_LIBVIRT), *path;
    if (uri[0] == '\0')
        uri = am_host_root() ? "qemu://" SYSTEM : "qemu://" SESSION;
    if (check_local(uri, &path, err) < 0 || check_driver(uri, path, err) < 0)
        return -1;
    if (spec->arch != arch_native() || !spec->arch->domain_serial)
        return error_set(err, "--libvirt does not run %s guests on this host; --qemu does",
                         spec->arch->name);
    spec->libvirt = xstrdup(uri);
    return machine_resolve(req, spec, err);
}

const struct backend_spec libvirt_spec = {
    .option = OPTION_LIBVIRT,
    .backend = BACKEND_LIBVIRT,
    .on = ON_LIBVIRT,
    .refusals = refusals,
    .refusal_count = ARRAY_LEN(refusals),
    .netns = backend_spec_no_netns,
    .layer = backend_spec_same_layer,
    .resolve = resolve,
    .check = backend_spec_check_nothing,
};
