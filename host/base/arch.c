#include "host/base/arch.h"

#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/contract.h"
#include "common/util.h"

static const char *const nothing[] = {NULL};

static const char *const x86_64_known[] = {"x86_64", "amd64", NULL};
static const char *const x86_64_modules[] = {"accel-tcg-x86_64.so", NULL};
/* PVH kernels need pvh.bin, bzImages linuxboot_dma.bin. */
static const char *const x86_64_firmware[] = {"qboot.rom", "bios-microvm.bin", "pvh.bin",
                                              "linuxboot_dma.bin", NULL};

static const char *const arm64_known[] = {"aarch64", NULL};
static const char *const arm_known[] = {"armv7l", "armhf", NULL};

static const struct arch archs[] = {
    {
        .name = "x86_64",
        .known = x86_64_known,
        .programs = {EM_X86_64, ELFCLASS64, false},
        .compat = {EM_386, ELFCLASS32, false},
        .seccomp = "x86_64",
        .qemu = "qemu-system-x86_64",
        .qemu_package = "qemu-system-x86",
        .guest_package = "vmc-guest-amd64",
        .qemu_modules = x86_64_modules,
        .firmware = x86_64_firmware,
        /* Without ACPI QEMU itself names the devices on the kernel's command line. */
        .machine = "microvm,acpi=off",
        .machine_acpi = "microvm,acpi=on",
        /*
         * x86-64-v2, the highest level that distributions build for; RDRAND seeds the kernel at
         * once.
         */
        .cpu_tcg = "Nehalem,+rdrand,-spec-ctrl",
        /* No virtualization in the guest: a container has no use for nested KVM. */
        .cpu_kvm = "host,-vmx,-svm",
        .kernel = "vmlinux",
        .tree_kernel = "arch/x86/boot/bzImage",
        .serial = LINE_8250,
        .cmdline = "earlycon=uart8250,io,0x3f8 reboot=t tsc=reliable no_timer_check "
                   "noreplace-smp random.trust_cpu=on",
        /*
         * No side-channel attack works on a processor that is emulated one instruction at a time.
         */
        .cmdline_tcg = "mitigations=off",
        .cmdline_tcg_up = "nolapic_timer",
        .domain_serial = "isa-serial",
        .tsc = true,
        .max_cpus = 32,
        .virtio_places = 8,
    },
    {
        .name = "arm64",
        .known = arm64_known,
        .programs = {EM_AARCH64, ELFCLASS64, false},
        .compat = {EM_ARM, ELFCLASS32, false},
        .seccomp = "aarch64",
        .qemu = "qemu-system-aarch64",
        .qemu_package = "qemu-system-arm",
        .guest_package = "vmc-guest-arm64",
        .qemu_modules = nothing,
        .firmware = nothing,
        .machine = "virt,gic-version=3",
        /* A model without features that are expensive to emulate: docs/guest.md. */
        .cpu_tcg = "cortex-a57",
        .cpu_kvm = "host",
        .kernel = "Image",
        .tree_kernel = "arch/arm64/boot/Image",
        .serial = LINE_PL011,
        .cmdline = "earlycon=pl011,0x9000000",
        .cmdline_tcg = "mitigations=off",
        .max_cpus = 32,
        .virtio_places = 32,
    },
    {
        .name = "arm",
        .known = arm_known,
        .programs = {EM_ARM, ELFCLASS32, false},
        .seccomp = "arm",
        .qemu = "qemu-system-arm",
        .qemu_package = "qemu-system-arm",
        .guest_package = "vmc-guest-armhf",
        .qemu_modules = nothing,
        .firmware = nothing,
        .machine = "virt,gic-version=2",
        .cpu_tcg = "cortex-a15",
        .cpu_kvm = "host",
        .kernel = "zImage",
        .tree_kernel = "arch/arm/boot/zImage",
        .serial = LINE_PL011,
        .cmdline = "earlycon=pl011,0x9000000",
        .cmdline_tcg = "mitigations=off",
        .max_cpus = 8,
        .virtio_places = 32,
    },
};

const struct arch arch_uml = {.name = "um", .kernel = "linux", .guest_package = "vmc-guest-um"};

const char *const arch_names[] = {"x86_64", "arm64", "arm", NULL};

static bool is_called(const struct arch *arch, const char *name)
{
    bool found = strcmp(arch->name, name) == 0;
    for (const char *const *known = arch->known; *known && !found; known++)
        found = strcmp(*known, name) == 0;
    return found;
}

const struct arch *arch_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(archs); i++)
        if (is_called(&archs[i], name))
            return &archs[i];
    return NULL;
}

const struct arch *arch_native(void)
{
    struct utsname host;
    for (size_t i = 0; uname(&host) == 0 && i < ARRAY_LEN(archs); i++)
        if (strcmp(archs[i].known[0], host.machine) == 0)
            return &archs[i];
    return NULL;
}

static bool is_kind(const struct elf_kind *a, const struct elf_kind *b)
{
    return a->machine != EM_NONE && a->machine == b->machine && a->width == b->width &&
           a->big_endian == b->big_endian;
}

bool arch_runs(const struct arch *arch, const struct elf_kind *kind)
{
    return is_kind(&arch->programs, kind) || is_kind(&arch->compat, kind);
}

const struct arch *arch_for_program(const struct elf_kind *kind)
{
    const struct arch *native = arch_native(), *other = NULL;
    if (native && arch_runs(native, kind))
        return native;
    for (size_t i = 0; i < ARRAY_LEN(archs); i++) {
        if (is_kind(&archs[i].programs, kind))
            return &archs[i];
        if (is_kind(&archs[i].compat, kind))
            other = &archs[i];
    }
    return other;
}
