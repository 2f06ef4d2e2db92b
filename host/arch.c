#include "host/arch.h"

#include <string.h>
#include <sys/utsname.h>

#include "common/util.h"

static const struct arch archs[] = {
    {
        .name = "x86_64",
        .qemu = "qemu-system-x86_64",
        .qemu_package = "qemu-system-x86",
        .machine = "microvm,acpi=off,rtc=off",
        .cpu_tcg = "max",
        .cpu_kvm = "host",
        .kernel = "vmlinux",
        .cmdline = "earlycon=uart8250,io,0x3f8 reboot=t tsc=reliable no_timer_check "
                   "rcupdate.rcu_expedited=1 i8042.noaux=1 i8042.nopnp=1",
        .cmdline_tcg_up = "nolapic_timer",
        .tsc = true,
        .max_cpus = 32,
    },
};

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
