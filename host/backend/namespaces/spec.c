/* What --host supports: why it refuses the other options, and which layer enforces what differs. */
#include <unistd.h>

#include "common/util.h"
#include "host/backend/namespaces/namespaces.h"
#include "host/base/userns.h"
#include "host/spec/machine.h"

#define NO_MACHINE "there is no machine"
#define NO_BOOT "nothing is booted"
#define NO_GUEST_KERNEL "no kernel is booted"
#define NO_DEBUGGING "there is no guest kernel to debug"
#define HOST_DEVICES "the devices here are the host's"
#define NO_GROUP_FILE "vmc sets only memory.max and pids.max on a host"

/* clang-format off */
static const struct refusal refusals[] = {
    {OPTION_QEMU, NO_MACHINE},
    {OPTION_UML, NO_MACHINE},
    {OPTION_LIBVIRT, NO_MACHINE},
    {OPTION_ACCEL, NO_MACHINE},
    {OPTION_TRANSPORT, NO_MACHINE "; the container has the directory itself"},
    {OPTION_MEMORY, NO_MACHINE "; --mem-limit is for COMMAND's processes"},
    {OPTION_CPUS, NO_MACHINE "; taskset(1) is for processes"},
    {OPTION_KEEP, "it keeps a disk, and mounting a disk needs root"},
    {OPTION_OOM_SCORE_ADJ, "start vmc with choom(1), and COMMAND inherits it"},
    {OPTION_PRIVILEGED, "it gives COMMAND all of a kernel, and this kernel is the host's"},
    {OPTION_USERNS, "the container is already in one, without the host's root"},
    {OPTION_DEVICE, HOST_DEVICES},
    {OPTION_USEDEV, HOST_DEVICES},
    {OPTION_DEBUGFS, NO_DEBUGGING},
    {OPTION_FTRACE, NO_DEBUGGING},
    {OPTION_MEM_HIGH, NO_GROUP_FILE},
    {OPTION_MEM_SWAP, NO_GROUP_FILE},
    {OPTION_CPU_SHARES, NO_GROUP_FILE},
    {OPTION_CPU_WEIGHT, NO_GROUP_FILE},
    {OPTION_CPU_QUOTA, NO_GROUP_FILE},
    {OPTION_CPU_PERIOD, NO_GROUP_FILE},
    {OPTION_CPUSET_CPUS, NO_GROUP_FILE},
    {OPTION_IO_MAX, NO_GROUP_FILE},
    {OPTION_REQUIRE_JAIL, "the jail is around a hypervisor, and there is none"},
    {OPTION_BOOT_TIMEOUT, NO_BOOT},
    {OPTION_COLD, NO_BOOT},
    {OPTION_KERNEL, NO_GUEST_KERNEL},
    {OPTION_LINUX, NO_GUEST_KERNEL},
    {OPTION_INITRD, NO_GUEST_KERNEL},
    {OPTION_APPEND, NO_GUEST_KERNEL},
    {OPTION_ACPI, NO_GUEST_KERNEL},
    {OPTION_CONSOLE, "there is no kernel console"},
    {OPTION_GDB, NO_DEBUGGING},
    {OPTION_CRASH_DUMP, NO_DEBUGGING},
};
/* clang-format on */

static bool netns(const struct vm_spec *spec)
{
    (void)spec;
    return true;
}

static const char *layer(enum option_id id)
{
    if (id == OPTION_MEM_LIMIT || id == OPTION_PIDS_LIMIT)
        return "host cgroup";
    if (id == OPTION_ARCH)
        return "vmc";
    return id == OPTION_MAC_ADDRESS ? "agent" : NULL;
}

static int resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    (void)req;
    (void)err;
    spec->memory = host_memory();
    spec->cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return 0;
}

static int check(const struct backend_spec *backend, const struct vm_spec *spec, struct error *err)
{
    if (spec->upper == UPPER_DISK)
        return error_set(err, "--upper disk cannot go with --host: mounting a disk needs root; use "
                              "--upper ram or host");
    if (am_host_root() && spec->unprivileged)
        return error_set(err, "--host with --nopriv by root: the container's root would be the "
                              "host's root; leave --nopriv out, or run vmc as another user");
    return backend_spec_check_native(backend, spec, "its tap interface is for machines", err);
}

const struct backend_spec namespaces_spec = {
    .option = OPTION_HOST,
    .backend = BACKEND_NAMESPACES,
    .on = ON_HOST,
    .refusals = refusals,
    .refusal_count = ARRAY_LEN(refusals),
    .netns = netns,
    .layer = layer,
    .resolve = resolve,
    .check = check,
};
