#include "host/spec/machine.h"

#include <string.h>
#include <unistd.h>

#include "host/base/units.h"
#include "host/spec/kernel.h"
#include "host/spec/options.h"

#define MIB (1024ull * 1024)
#define MEMORY_MIN (32 * MIB)

static const char *const accel_names[] = {
    [ACCEL_AUTO] = "auto",
    [ACCEL_KVM] = "kvm",
    [ACCEL_TCG] = "tcg",
    NULL,
};

/* clang-format off */
static const struct option machine_rows[] = {
    {.id = OPTION_ACCEL, .name = "--accel", .metavar = "WHICH", .part = PART_MACHINE, .on = ON_MACHINES,
     .layer = BY_MACHINE,
     .help = "accelerator: auto, kvm or tcg",
     .manual = "auto uses KVM if a machine has booted with it on this host before, tries it once if that is unknown, "
         "and falls back to TCG with one line that says why. kvm never falls back. tcg is emulation in software: it "
         "works everywhere, is slow, and by QEMU's own policy is not a security boundary.",
     .default_value = "auto", .choices = accel_names},
    {.id = OPTION_MEMORY, .name = "--memory", .letter = 'm', .metavar = "SIZE", .part = PART_MACHINE, .on = ON_KERNELS,
     .layer = BY_MACHINE_AND_HOST_CGROUP,
     .help = "memory of the machine",
     .manual = "A plain number counts bytes, as with docker; the suffixes k, m, g and t are powers of 1024. At least "
         "32m, at most what the host has. The default leaves room for a compiler or a database with its changes in "
         "memory; the host allocates only what the guest really uses.",
     .default_value = "512m"},
    {.id = OPTION_CPUS, .name = "--cpus", .letter = 'c', .metavar = "N", .part = PART_MACHINE, .on = ON_KERNELS,
     .layer = BY_MACHINE,
     .help = "number of processors of the machine",
     .manual = "Most commands use one, and each additional one costs the host a thread; ask for more if the work is "
         "parallel.",
     .default_value = "1"},
    {.id = OPTION_COLD, .name = "--cold", .on = ON_KERNELS, .layer = BY_VMC,
     .help = "boot the machine instead of copying one that has booted",
     .manual = "Otherwise the first machine of its kind is saved as a template once it has booted, and later ones are "
         "copies of it, which start in a fraction of the time ('vmc template ls'). A machine with a custom kernel or "
         "with debugging options always boots."},
};
/* clang-format on */
const struct option_group machine_options = OPTION_GROUP(TITLE_MACHINE, machine_rows);

/* clang-format off */
static const struct option isolation_rows[] = {
    {.id = OPTION_REQUIRE_JAIL, .name = "--require-jail", .part = PART_MACHINE, .on = ON_KERNELS, .layer = BY_JAIL,
     .help = "refuse to run when the jail around the hypervisor lacks a layer",
     .manual = "Without it vmc goes on, and one line names the layers that this host cannot provide. On most hosts an "
         "ordinary user has no control groups, so this option is mostly for root; 'vmc info' shows the layers."},
};
/* clang-format on */
const struct option_group isolation_options = OPTION_GROUP(TITLE_ISOLATION, isolation_rows);

/* clang-format off */
static const struct option boot_time_rows[] = {
    {.id = OPTION_BOOT_TIMEOUT, .name = "--boot-timeout", .metavar = "DURATION", .part = PART_MACHINE, .on = ON_KERNELS,
     .layer = BY_VMC,
     .help = "give up if the guest has not answered by then",
     .default_value = "60s"},
};
/* clang-format on */
const struct option_group boot_time_options = OPTION_GROUP(TITLE_TIME, boot_time_rows);

const char *accel_name(enum accel accel)
{
    return accel_names[accel];
}

uint64_t host_memory(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

int resolve_cpus(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting s = request_setting_or_default(req, OPTION_CPUS);

    if (strchr(s.value, '.'))
        return error_set(err,
                         "%s %s: it takes a whole number; for a part of a processor use "
                         "--cpu-quota, in microseconds of every %s",
                         s.origin, s.value, option_by_id(OPTION_CPU_PERIOD)->default_value);
    if (parse_count(s.value, 1, spec->arch->max_cpus, &spec->cpus, err) < 0)
        return error_wrap(err, "%s", s.origin);
    return 0;
}

int resolve_memory(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting s = request_setting_or_default(req, OPTION_MEMORY);
    if (parse_size(s.value, &spec->memory, err) < 0)
        return error_wrap(err, "%s", s.origin);
    uint64_t host = host_memory();
    if (spec->memory < MEMORY_MIN)
        return error_set(err, "%s %s is too little: a machine needs at least %llum", s.origin,
                         s.value, MEMORY_MIN / MIB);
    if (spec->memory > host)
        return error_set(err, "%s %s is more than this host has (%llum)", s.origin, s.value,
                         (unsigned long long)(host / MIB));
    /* QEMU wants whole pages; a machine's memory is counted in MiB. */
    spec->memory -= spec->memory % MIB;
    return 0;
}

int machine_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting accel = request_setting_or_default(req, OPTION_ACCEL);
    int i = choice_index(accel_names, accel.value, strlen(accel.value));
    if (i < 0)
        return error_set(err, "%s '%s': it must be auto, kvm or tcg", accel.origin, accel.value);
    spec->accel = (enum accel)i;
    if (spec->accel == ACCEL_KVM && spec->arch != arch_native())
        return error_set(err, "%s kvm cannot run a guest of architecture %s on this host",
                         accel.origin, spec->arch->name);
    if (resolve_memory(req, spec, err) < 0 || resolve_cpus(req, spec, err) < 0)
        return -1;
    if (spec->debugging.gdb && !request_has(req, OPTION_BOOT_TIMEOUT))
        spec->boot_timeout = DEADLINE_NONE / 2;
    if (spec->debugging.gdb && spec->accel == ACCEL_AUTO)
        spec->accel = ACCEL_TCG;
    return kernel_spec_resolve(req, spec, err);
}
