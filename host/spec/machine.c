#include "host/spec/machine.h"

#include <string.h>
#include <unistd.h>

#include "host/base/units.h"
#include "host/spec/kernel.h"

#define MIB (1024ull * 1024)
#define MEMORY_MIN (32 * MIB)

static const char *const accel_names[] = {
    [ACCEL_AUTO] = "auto",
    [ACCEL_KVM] = "kvm",
    [ACCEL_TCG] = "tcg",
};

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
    const char *value = request_value_or_default(req, OPTION_CPUS);

    if (strchr(value, '.'))
        return error_set(err,
                         "--cpus %s: the machine has whole processors; a part of one is "
                         "--cpu-quota, in microseconds of every 100000",
                         value);
    if (parse_count(value, 1, spec->arch->max_cpus, &spec->cpus, err) < 0)
        return error_wrap(err, "--cpus");
    return 0;
}

int resolve_memory(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *value = request_value_or_default(req, OPTION_MEMORY);
    if (parse_size(value, &spec->memory, err) < 0)
        return error_wrap(err, "--memory");
    uint64_t host = host_memory();
    if (spec->memory < MEMORY_MIN)
        return error_set(err, "--memory %s is too little: a machine needs at least %llum", value,
                         MEMORY_MIN / MIB);
    if (spec->memory > host)
        return error_set(err, "--memory %s is more than this host has (%llum)", value,
                         (unsigned long long)(host / MIB));
    /* QEMU wants whole pages; a machine's memory is counted in MiB. */
    spec->memory -= spec->memory % MIB;
    return 0;
}

int machine_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *accel = request_value_or_default(req, OPTION_ACCEL);
    size_t i = 0;
    while (i < ARRAY_LEN(accel_names) && strcmp(accel_names[i], accel) != 0)
        i++;
    if (i == ARRAY_LEN(accel_names))
        return error_set(err, "--accel '%s': it must be auto, kvm or tcg", accel);
    spec->accel = (enum accel)i;
    if (spec->accel == ACCEL_KVM && spec->arch != arch_native())
        return error_set(err, "--accel kvm cannot run a guest of architecture %s on this host",
                         spec->arch->name);
    if (resolve_memory(req, spec, err) < 0 || resolve_cpus(req, spec, err) < 0)
        return -1;
    if (spec->debugging.gdb && !request_has(req, OPTION_BOOT_TIMEOUT))
        spec->boot_timeout = DEADLINE_NONE / 2;
    if (spec->debugging.gdb && spec->accel == ACCEL_AUTO)
        spec->accel = ACCEL_TCG;
    return kernel_spec_resolve(req, spec, err);
}
