/* What --uml supports: why it refuses the other options, and which layer enforces what differs. */
#include "common/util.h"
#include "host/backend/uml/uml.h"
#include "host/spec/kernel.h"
#include "host/spec/machine.h"

#define ANOTHER "it chooses where to run COMMAND, as --uml does: give one"
#define NO_EMULATION "nothing is emulated: the machine is a host process"
#define NO_DISK                                                                                    \
    "User Mode Linux has no disk here; changes are kept in memory (--upper ram) or on the host"
#define NOT_ITS_OWN "it is only for QEMU machines"

/* clang-format off */
static const struct refusal refusals[] = {
    {OPTION_QEMU, ANOTHER},
    {OPTION_LIBVIRT, ANOTHER},
    {OPTION_HOST, ANOTHER},
    {OPTION_ACCEL, NO_EMULATION},
    {OPTION_ACPI, NO_EMULATION},
    {OPTION_TRANSPORT, "its kernel opens the host's files itself"},
    {OPTION_LINUX, "it boots a kernel for this processor; --kernel takes the file 'linux' of a "
                   "build with ARCH=um"},
    {OPTION_KEEP, NO_DISK},
    {OPTION_MEM_SWAP, NO_DISK},
    {OPTION_IO_MAX, NO_DISK},
    {OPTION_CPUSET_CPUS, "User Mode Linux has one processor"},
    {OPTION_FTRACE, "User Mode Linux has no function tracer"},
    {OPTION_GDB, NOT_ITS_OWN "; a process has no server for gdb"},
    {OPTION_CRASH_DUMP, NOT_ITS_OWN "; a process that is killed leaves no memory"},
};
/* clang-format on */

static bool netns(const struct vm_spec *spec)
{
    return spec->network.mode != NETWORK_NONE;
}

static const char *layer(enum option_id id)
{
    return id == OPTION_MAC_ADDRESS ? "agent" : NULL;
}

static int resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    if (resolve_cpus(req, spec, err) < 0 || resolve_memory(req, spec, err) < 0)
        return -1;
    return kernel_spec_resolve(req, spec, err);
}

static int check(const struct backend_spec *backend, const struct vm_spec *spec, struct error *err)
{
    if (spec->cpus > 1)
        return error_set(err, "--cpus %u cannot go with --uml: User Mode Linux has one processor",
                         spec->cpus);
    if (spec->upper == UPPER_DISK)
        return error_set(err, "--upper disk cannot go with --uml: " NO_DISK);
    if (spec->distro)
        return error_set(err,
                         "--kernel distro cannot go with --uml: it is a kernel for QEMU machines");
    return backend_spec_check_native(
        backend, spec, "its frames come from a tap interface, but a serial line carries bytes",
        err);
}

const struct backend_spec uml_spec = {
    .option = OPTION_UML,
    .backend = BACKEND_UML,
    .on = ON_UML,
    .refusals = refusals,
    .refusal_count = ARRAY_LEN(refusals),
    .netns = netns,
    .layer = layer,
    .resolve = resolve,
    .check = check,
};
