#include "host/backend/qemu/argv.h"
#include "host/machine/debugging.h"

#include <string.h>

#include "common/contract.h"
#include "host/jail/memory.h"

char *qemu_escape(const char *value)
{
    char *escaped = xcalloc(2 * strlen(value) + 1, 1);
    char *out = escaped;
    for (const char *in = value; *in; in++) {
        if (*in == ',')
            *out++ = ',';
        *out++ = *in;
    }
    return escaped;
}

static void add_pair(struct strings *argv, const char *option, const char *value)
{
    strings_add(argv, option);
    strings_add(argv, value);
}

/* Memory in a file: one that the file server maps, too, or one that vmc provides, jail/memory.h. */
static void add_memory(const struct machine_request *request, struct strings *argv)
{
    const char *file = "memfd", *options = "seal=off,share=on";
    bool copy = machine_has_template(request) && request->template->role == TEMPLATE_COPY;
    if (machine_has_template(request)) {
        file = "file";
        options = copy ? "mem-path=" JAIL_MEMORY_PATH ",share=off"
                       : "mem-path=" JAIL_MEMORY_PATH ",share=on";
    }
    strings_add(argv, "-object");
    strings_addf(argv, "memory-backend-%s,id=memory,size=%lluM,%s", file,
                 (unsigned long long)(request->spec->memory >> 20), options);
    add_pair(argv, "-machine", "memory-backend=memory");
    /* A copy waits for the state of its devices. */
    if (copy)
        add_pair(argv, "-incoming", "defer");
}

static void add_machine(const struct machine_request *request, struct strings *argv)
{
    const struct vm_spec *spec = request->spec;
    bool kvm = request->accel == ACCEL_KVM;
    /*
     * Pages are not merged with those of other machines: the time of a write to one would reveal
     * what they hold.
     */
    strings_add(argv, "-machine");
    strings_addf(argv, "%s,mem-merge=off",
                 spec->acpi ? spec->arch->machine_acpi : spec->arch->machine);
    add_pair(argv, "-accel", kvm ? "kvm" : "tcg");
    add_pair(argv, "-cpu", kvm ? spec->arch->cpu_kvm : spec->arch->cpu_tcg);
    strings_add(argv, "-smp");
    strings_addf(argv, "%u", spec->cpus);
    strings_add(argv, "-m");
    strings_addf(argv, "%lluM", (unsigned long long)(spec->memory >> 20));
    /* No default devices, and nothing from configuration files. */
    strings_add(argv, "-nodefaults");
    strings_add(argv, "-no-user-config");
    add_pair(argv, "-display", "none");
    add_pair(argv, "-monitor", "none");
    /* A guest without ACPI ends by a reset, which ends QEMU. */
    strings_add(argv, "-no-reboot");
    add_pair(argv, "-sandbox",
             "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

char *qemu_kernel_parameters(const struct machine_request *request, unsigned tsc_khz)
{
    const struct vm_spec *spec = request->spec;
    AUTO_STRINGS struct strings cmdline = {0};
    /* First, since the early console prints messages that "quiet" would hide when it comes up. */
    strings_add(&cmdline, spec->debug ? "loglevel=7" : "quiet");
    strings_add(&cmdline, spec->arch->cmdline);
    /* The console is a virtio one: a serial line takes an exit of the machine for each byte. */
    strings_addf(&cmdline, "console=%s panic=-1",
                 spec->maintenance ? spec->arch->serial : LINE_VIRTIO);
    if (request->accel == ACCEL_TCG)
        strings_add(&cmdline, spec->arch->cmdline_tcg);
    /*
     * With ACPI without its hardware (the FADT's HW_REDUCED_ACPI), Linux assumes that the only
     * timer is the processor's own.
     */
    if (request->accel == ACCEL_TCG && spec->cpus == 1 && !spec->acpi && spec->arch->cmdline_tcg_up)
        strings_add(&cmdline, spec->arch->cmdline_tcg_up);
    if (tsc_khz > 0)
        strings_addf(&cmdline, "tsc_early_khz=%u", tsc_khz);
    if (machine_has_file_server(request) && request->known_files > 0)
        strings_addf(&cmdline, "virtiofs.known_most=%u", request->known_files);
    for (size_t i = 0; i < spec->append.count; i++)
        strings_add(&cmdline, spec->append.items[i]);
    return strings_join(&cmdline, " ");
}

static void add_kernel(const struct machine_request *request, unsigned tsc_khz,
                       struct strings *argv)
{
    AUTO_FREE char *parameters = qemu_kernel_parameters(request, tsc_khz);
    add_pair(argv, "-kernel", request->image->kernel);
    add_pair(argv, "-initrd", request->image->initrd);
    add_pair(argv, "-append", parameters);
}

static void add_socket(struct strings *argv, const char *id, unsigned fd)
{
    strings_add(argv, "-chardev");
    strings_addf(argv, "socket,id=%s,fd=%d", id, fd);
}

static void add_serial(struct strings *argv)
{
    add_socket(argv, "serial", QEMU_FD_SERIAL);
    add_pair(argv, "-serial", "chardev:serial");
}

static void add_ports(struct strings *argv)
{
    add_socket(argv, "console", QEMU_FD_CONSOLE);
    add_pair(argv, "-device", "virtio-serial-device,max_ports=4");
    add_pair(argv, "-device", "virtconsole,chardev=console,nr=0");
    add_socket(argv, "control", QEMU_FD_CONTROL);
    add_socket(argv, "data", QEMU_FD_DATA);
    add_pair(argv, "-device", "virtserialport,chardev=control,nr=1,name=" PORT_CONTROL_NAME);
    add_pair(argv, "-device", "virtserialport,chardev=data,nr=2,name=" PORT_DATA_NAME);
}

static void add_nine_p(const struct machine_share *share, struct strings *argv)
{
    AUTO_FREE char *escaped = qemu_escape(share->path);
    strings_add(argv, "-fsdev");
    strings_addf(argv, "local,id=%s,path=%s,security_model=passthrough,multidevs=remap%s",
                 share->tag, escaped, share->read_only ? ",readonly=on" : "");
    strings_add(argv, "-device");
    strings_addf(argv, "virtio-9p-device,fsdev=%s,mount_tag=%s", share->tag, share->tag);
}

static void add_nine_ps(const struct machine_request *request, struct strings *argv)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    for (size_t i = 0; i < count; i++)
        if (!shares[i].virtiofs)
            add_nine_p(&shares[i], argv);
}

static void add_file_servers(const struct machine_request *request, struct strings *argv)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    size_t count = machine_shares(request, shares);
    /* vhost-user devices need version 1 of virtio, as all devices on a newer bus. */
    if (machine_has_file_server(request))
        add_pair(argv, "-global", "virtio-mmio.force-legacy=false");
    for (size_t i = 0; i < count; i++) {
        if (!shares[i].virtiofs)
            continue;
        add_socket(argv, shares[i].tag, QEMU_FD_FILES + i);
        strings_add(argv, "-device");
        strings_addf(argv, "vhost-user-fs-device,chardev=%s,tag=%s", shares[i].tag, shares[i].tag);
    }
}

/*
 * node is QEMU's name of it, and the agent finds it by serial. A failed write stops the machine,
 * and vmc ends the run: a guest that gets the error goes on, and loses data that it believes
 * written. libvirt does not report the stop, so there the guest gets the error.
 */
static void add_disk(const struct machine_request *request, const char *node, const char *serial,
                     enum qemu_fd fd, const char *options, struct strings *argv)
{
    strings_add(argv, "-add-fd");
    strings_addf(argv, "fd=%d,set=%d", fd, fd);
    strings_add(argv, "-blockdev");
    strings_addf(argv, "driver=file,node-name=%s,filename=/dev/fdset/%d,%s", node, fd, options);
    strings_add(argv, "-device");
    strings_addf(argv, "virtio-blk-device,drive=%s,serial=%s,werror=%s", node, serial,
                 request->spec->backend == BACKEND_LIBVIRT ? "report" : "stop");
}

static void add_disks(const struct machine_request *request, struct strings *argv)
{
    /*
     * Without locks: QEMU tests for them by opening /dev/null in the same way as a memory file,
     * which jail/memory.h would take for one, and its filter allows none. An image that is gone
     * after the run need never reach the disk.
     */
    static const char scratch[] = "cache.no-flush=on,discard=unmap,locking=off";
    static const char kept[] = "cache.no-flush=off,discard=unmap,locking=off";
    static const char image[] = "read-only=on,locking=off";
    const struct rootfs *rootfs = request->rootfs;
    if (rootfs->image_fd >= 0)
        add_disk(request, "rootfs", ROOTFS_DISK_SERIAL, QEMU_FD_IMAGE, image, argv);
    if (rootfs->disk_fd >= 0)
        add_disk(request, "upper", UPPER_DISK_SERIAL, QEMU_FD_DISK, rootfs->kept ? kept : scratch,
                 argv);
    if (request->swap_fd >= 0)
        add_disk(request, "swap", SWAP_DISK_SERIAL, QEMU_FD_SWAP, scratch, argv);
}

static void add_network(const struct network *network, struct strings *argv)
{
    switch (network->link.kind) {
    case LINK_NONE:
        return;
    case LINK_STREAM:
        strings_add(argv, "-netdev");
        strings_addf(argv, "stream,id=net,addr.type=fd,addr.str=%d", QEMU_FD_NET);
        break;
    case LINK_TAP:
        strings_add(argv, "-netdev");
        strings_addf(argv, "tap,id=net,fd=%d,vhost=off", QEMU_FD_NET);
        break;
    case LINK_IN_VMM:
        strings_add(argv, "-netdev");
        strings_addf(argv, "user,id=net,%s", network->link.vmm_options);
        break;
    }
    strings_add(argv, "-device");
    strings_addf(argv, "virtio-net-device,netdev=net,mac=%s", network->guest.mac);
}

void qemu_argv_descriptors(const struct machine_request *request, struct strings *ret)
{
    add_file_servers(request, ret);
    add_disks(request, ret);
    add_network(request->network, ret);
}

/* The machine's devices except the balloon. */
static unsigned count_devices(const struct machine_request *request)
{
    struct machine_share shares[MACHINE_SHARES_MAX];
    unsigned count = 1; /* the ports */
    count += (unsigned)machine_shares(request, shares);
    count += request->rootfs->image_fd >= 0;
    count += request->rootfs->disk_fd >= 0;
    count += request->swap_fd >= 0;
    count += request->network->link.kind != LINK_NONE;
    return count;
}

bool qemu_has_balloon(const struct machine_request *request)
{
    const struct vm_spec *spec = request->spec;
    return !spec->maintenance && (spec->acpi || count_devices(request) < spec->arch->virtio_places);
}

/* It takes no memory from the guest: the guest uses it to report freed memory. */
static void add_balloon(struct strings *argv)
{
    add_pair(argv, "-device", "virtio-balloon-device,free-page-reporting=on");
}

/* The guest waits for gdb; after its end QEMU stays, to write its memory. */
static void add_debugging(const struct debug_spec *debug, struct strings *argv)
{
    if (debug->gdb) {
        strings_add(argv, "-chardev");
        strings_addf(argv, "socket,id=gdb,fd=%d,server=on,wait=off", QEMU_FD_GDB);
        add_pair(argv, "-gdb", "chardev:gdb");
        strings_add(argv, "-S");
    }
    if (debug->crash_dump) {
        add_pair(argv, "-action", "shutdown=pause");
        strings_add(argv, "-add-fd");
        strings_addf(argv, "fd=%d,set=%d", QEMU_FD_DUMP, DEBUGGING_DUMP_SET);
    }
}

void qemu_argv(const struct machine_request *request, unsigned tsc_khz, struct strings *ret)
{
    strings_add(ret, request->vmm);
    add_machine(request, ret);
    if (machine_has_template(request) || machine_has_file_server(request))
        add_memory(request, ret);
    add_kernel(request, tsc_khz, ret);
    add_serial(ret);
    if (!request->spec->maintenance)
        add_ports(ret);
    add_nine_ps(request, ret);
    qemu_argv_descriptors(request, ret);
    if (qemu_has_balloon(request))
        add_balloon(ret);
    add_debugging(&request->spec->debugging, ret);
    /* Only QMP reports a machine that has stopped after an error of KVM or of a disk. */
    add_socket(ret, "monitor", QEMU_FD_MONITOR);
    add_pair(ret, "-mon", "chardev=monitor,mode=control");
}
