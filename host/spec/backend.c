#include "host/spec/backend.h"

#include "common/util.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option backend_rows[] = {
    {.id = OPTION_QEMU, .name = "--qemu", .part = PART_MACHINE, .on = ON_QEMU, .layer = BY_MACHINE,
     .help = "run the machine with QEMU (default)"},
    {.id = OPTION_LIBVIRT, .name = "--libvirt", .metavar = "[=URI]", .on = ON_LIBVIRT, .layer = BY_MACHINE,
     .help = "run it as a transient libvirt domain, which is QEMU in the same jail",
     .manual = "virsh shows it as vmc-ID while it runs. URI is qemu:///session (the default for ordinary users) or "
         "qemu:///system (for root). libvirt makes QEMU's command line and owns its monitor; vmc starts it. Guests "
         "have this host's architecture."},
    {.id = OPTION_HOST, .name = "--host", .on = ON_HOST, .layer = BY_HOST,
     .help = "run no machine: a plain container on this host's own kernel",
     .manual = "For trusted code, and for comparison: the same root file system, options and container, in a user "
         "namespace whose root has no privileges on the host, and with this host's kernel as the only boundary. Each "
         "run says so in one line. Options that need a machine are refused."},
    {.id = OPTION_UML, .name = "--uml", .on = ON_UML, .layer = BY_MACHINE,
     .help = "run the machine's kernel as a host process: User Mode Linux, for hosts without KVM",
     .manual = "The same container on a kernel of its own that needs no hypervisor: it computes at native speed and "
         "starts in a fraction of the time that emulation takes. System calls and new processes cost more than on the "
         "host, and there is only one processor. Options that need QEMU are refused."},
    {.id = OPTION_UML, .name = "--um", .on = ON_UML, .layer = BY_MACHINE,
     .hidden = true},
};
/* clang-format on */
const struct option_group backend_options = OPTION_GROUP(TITLE_MACHINE, backend_rows);

bool backend_spec_no_netns(const struct vm_spec *spec)
{
    (void)spec;
    return false;
}

const char *backend_spec_same_layer(enum option_id id)
{
    (void)id;
    return NULL;
}

int backend_spec_check_nothing(const struct backend_spec *backend, const struct vm_spec *spec,
                               struct error *err)
{
    (void)backend;
    (void)spec;
    (void)err;
    return 0;
}

const char *backend_spec_refusal(const struct backend_spec *backend, const struct option *option)
{
    if (option->on & backend->on)
        return NULL;
    for (size_t i = 0; i < backend->refusal_count; i++)
        if (backend->refusals[i].id == option->id)
            return backend->refusals[i].reason;
    return "it has none";
}

int backend_spec_check_options(const struct backend_spec *backend, const struct request *req,
                               struct error *err)
{
    for (size_t i = 0; i < req->setting_count; i++) {
        const struct option *option = req->settings[i].option;
        const char *reason = backend_spec_refusal(backend, option);
        if (reason)
            return error_set(err, "%s cannot go with %s: %s", option->name,
                             option_by_id(backend->option)->name, reason);
    }
    return 0;
}

int backend_spec_check_native(const struct backend_spec *backend, const struct vm_spec *spec,
                              const char *no_tap, struct error *err)
{
    const char *name = option_by_id(backend->option)->name;
    enum network_mode mode = spec->network.mode;
    if (spec->arch != arch_native())
        return error_set(
            err,
            "%s runs only programs of this host's architecture; this one is for %s: leave out %s",
            name, spec->arch->name, name);
    if (spec->image)
        return error_set(
            err, "%s needs a directory, and %s is an image, a disk for QEMU machines: leave out %s",
            name, spec->rootfs, name);
    for (size_t i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].cache != VOLUME_CACHE_NONE)
            return error_set(err,
                             "%s %s: cache modes are for QEMU machines; with %s the "
                             "container has the directory itself",
                             spec->volumes.items[i].origin, spec->volumes.items[i].target, name);
    if (mode == NETWORK_NONE || mode == NETWORK_USER)
        return 0;
    return error_set(err, "--net %s cannot go with %s: %s; --net user or none",
                     network_mode_name(mode), name, no_tap);
}
