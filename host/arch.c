#include "host/arch.h"

#include <string.h>
#include <sys/utsname.h>

#include "common/util.h"

static const char *const x86_64_modules[] = {"accel-tcg-x86_64.so", NULL};
/* PVH kernels need pvh.bin, bzImages linuxboot_dma.bin. */
static const char *const x86_64_firmware[] = {"qboot.rom", "pvh.bin", "linuxboot_dma.bin", NULL};

static const struct arch archs[] = {
    {
        .name = "x86_64",
        .seccomp = "x86_64",
        .qemu = "qemu-system-x86_64",
        .qemu_package = "qemu-system-x86",
        .qemu_modules = x86_64_modules,
        .firmware = x86_64_firmware,
        /* Without ACPI the devices are named on the kernel's command line by QEMU itself. */
        .machine = "microvm,acpi=off",
        /* x86-64-v2, what distributions build for at most; RDRAND seeds the kernel at once. */
        .cpu_tcg = "Nehalem,+rdrand,-spec-ctrl",
        .cpu_kvm = "host",
        .kernel = "vmlinux",
        .cmdline = "earlycon=uart8250,io,0x3f8 reboot=t tsc=reliable no_timer_check "
                   "noreplace-smp random.trust_cpu=on",
        /* Nobody can attack across a processor that is emulated one instruction at a time. */
        .cmdline_tcg = "mitigations=off",
        .cmdline_tcg_up = "nolapic_timer",
        .tsc = true,
        .max_cpus = 32,
    },
};

const char *const arch_names[] = {"x86_64", NULL};

const struct arch *arch_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(archs); i++)
        if (strcmp(archs[i].name, name) == 0)
            return &archs[i];
    return NULL;
}

const struct arch *arch_native(void)
{
    struct utsname host;
    return uname(&host) == 0 ? arch_find(host.machine) : NULL;
}
