#include "host/spec/limits.h"

#include <math.h>
#include <string.h>

#include "common/util.h"
#include "host/base/units.h"
#include "host/spec/options.h"

#define MIB (1024ull * 1024)
#define MEMORY_LIMIT_MIN (4 * MIB)
#define SWAP_MIN (1 * MIB)
#define SWAP_MAX (1024 * 1024 * MIB)
/* The kernel's PID_MAX_LIMIT. */
#define PIDS_MAX 4194304
/* cpu.max, in microseconds: kernel/sched/core.c. */
#define QUOTA_MIN 1000
#define PERIOD_MIN 1000
#define PERIOD_MAX 1000000
/* cgroup v1's cpu.shares and v2's cpu.weight. */
#define SHARES_MIN 2
#define SHARES_MAX 262144
#define WEIGHT_MAX 10000

/* clang-format off */
static const struct option limit_rows[] = {
    {.id = OPTION_MEM_LIMIT, .name = "--mem-limit", .metavar = "SIZE", .on = ON_ALL, .layer = BY_GUEST_CGROUP,
     .help = "limit on the memory of all of COMMAND's processes (memory.max)",
     .manual = "A limit within the machine's memory, --memory: a process that exceeds it is killed."},
    {.id = OPTION_MEM_HIGH, .name = "--mem-high", .metavar = "SIZE", .on = ON_KERNELS, .layer = BY_GUEST_CGROUP,
     .help = "memory above which COMMAND's processes are slowed down (memory.high)"},
    {.id = OPTION_MEM_SWAP, .name = "--mem-swap", .metavar = "SIZE", .on = ON_MACHINES, .layer = BY_HOST_AND_AGENT,
     .help = "memory and swap together, with --mem-limit; without it there is no swap",
     .manual = "Like docker's --memory-swap. What exceeds --mem-limit is a sparse disk of the machine, in $TMPDIR or "
         "/var/tmp."},
    {.id = OPTION_MEM_SWAP, .name = "--memory-swap", .metavar = "SIZE", .on = ON_MACHINES, .layer = BY_HOST_AND_AGENT,
     .hidden = true},
    {.id = OPTION_CPU_SHARES, .name = "--cpu-shares", .metavar = "N", .on = ON_KERNELS, .layer = BY_GUEST_CGROUP,
     .help = "share of the processors, 2 to 262144 (1024 is the default)",
     .manual = "Converted to cpu.weight as OCI runtimes do. It matters only when processes in the machine compete, so "
         "only between COMMAND and the guest's agent."},
    {.id = OPTION_CPU_WEIGHT, .name = "--cpu-weight", .metavar = "N", .on = ON_KERNELS, .layer = BY_GUEST_CGROUP,
     .help = "the same in the units of cpu.weight, 1 to 10000"},
    {.id = OPTION_CPU_QUOTA, .name = "--cpu-quota", .metavar = "MICROSECONDS", .on = ON_KERNELS,
     .layer = BY_GUEST_CGROUP,
     .help = "processor time in each period (cpu.max)"},
    {.id = OPTION_CPU_PERIOD, .name = "--cpu-period", .metavar = "MICROSECONDS", .on = ON_KERNELS,
     .layer = BY_GUEST_CGROUP,
     .help = "the period, 1000 to 1000000",
     .default_value = "100000"},
    {.id = OPTION_CPUSET_CPUS, .name = "--cpuset-cpus", .metavar = "LIST", .on = ON_MACHINES, .layer = BY_GUEST_CGROUP,
     .help = "processors of the machine that COMMAND may use, such as 0-2,4"},
    {.id = OPTION_IO_MAX, .name = "--io-max", .metavar = "LIST", .on = ON_MACHINES, .layer = BY_GUEST_CGROUP,
     .help = "rates for the disk of --upper disk: rbps=, wbps=, riops=, wiops=",
     .manual = "Bytes and operations per second, as in io.max."},
    {.id = OPTION_PIDS_LIMIT, .name = "--pids-limit", .metavar = "N", .on = ON_ALL, .layer = BY_GUEST_CGROUP,
     .help = "maximum number of processes and threads (pids.max); -1 for no limit"},
    {.id = OPTION_PIDS_LIMIT, .name = "--pid-max", .metavar = "N", .on = ON_ALL, .layer = BY_GUEST_CGROUP,
     .hidden = true},
};
/* clang-format on */
const struct option_group limit_options = OPTION_GROUP(TITLE_LIMITS, limit_rows);

static int resolve_size(const struct setting *s, const struct machine_facts *machine, uint64_t *ret,
                        struct error *err)
{
    if (!s)
        return 0;
    if (parse_size(s->value, ret, err) < 0)
        return error_wrap(err, "%s", s->origin);
    if (*ret < MEMORY_LIMIT_MIN)
        return error_set(err, "%s %s is too little: at least %llum", s->origin, s->value,
                         MEMORY_LIMIT_MIN / MIB);
    if (*ret > machine->memory)
        return error_set(err, "%s is more than the machine has (--memory %llum)", s->origin,
                         (unsigned long long)(machine->memory / MIB));
    return 0;
}

static int resolve_memory(const struct request *req, const struct machine_facts *machine,
                          struct cgroup_spec *spec, struct error *err)
{
    const struct setting *max = request_setting(req, OPTION_MEM_LIMIT);
    const struct setting *high = request_setting(req, OPTION_MEM_HIGH);
    if (resolve_size(max, machine, &spec->memory_max, err) < 0 ||
        resolve_size(high, machine, &spec->memory_high, err) < 0)
        return -1;
    if (max && high && spec->memory_high > spec->memory_max)
        return error_set(err, "%s %s is above %s %s and would never take effect", high->origin,
                         high->value, max->origin, max->value);
    return 0;
}

/* As with docker's --memory-swap the number is memory and swap together. */
static int resolve_swap(const struct request *req, struct cgroup_spec *spec, struct error *err)
{
    const struct setting *s = request_setting(req, OPTION_MEM_SWAP);
    uint64_t total = 0;
    if (!s)
        return 0;
    if (strcmp(s->value, "-1") == 0)
        return error_set(err, "%s -1: swap is a disk of the machine and needs a size", s->origin);
    if (parse_size(s->value, &total, err) < 0)
        return error_wrap(err, "%s", s->origin);
    if (spec->memory_max == 0)
        return error_set(err, "%s is the sum of memory and swap: it needs --mem-limit, too",
                         s->origin);
    if (total < spec->memory_max)
        return error_set(err,
                         "%s %s is the sum of memory and swap: it cannot be less than --mem-limit",
                         s->origin, s->value);
    spec->swap_limited = true;
    spec->swap_max = total - spec->memory_max;
    if (spec->swap_max > 0 && spec->swap_max < SWAP_MIN)
        return error_set(err, "%s %s leaves less than 1m for swap", s->origin, s->value);
    if (spec->swap_max > SWAP_MAX)
        return error_set(err, "%s %s is more than 1t of swap", s->origin, s->value);
    return 0;
}

static int resolve_count(const struct setting *s, unsigned min, unsigned max, uint64_t *ret,
                         struct error *err)
{
    unsigned value;
    if (!s)
        return 0;
    if (parse_count(s->value, min, max, &value, err) < 0)
        return error_wrap(err, "%s", s->origin);
    *ret = value;
    return 0;
}

/*
 * A parabola on logarithmic scales that takes both ranges' least (2 and 1), default (1024 and
 * 100) and greatest (262144 and 10000) values to each other, as runc and crun have it.
 */
static uint64_t weight_of_shares(uint64_t shares)
{
    double l = log2((double)shares);
    return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34) - 1e-9);
}

static int resolve_cpu(const struct request *req, const struct machine_facts *machine,
                       struct cgroup_spec *spec, struct error *err)
{
    const struct setting *quota = request_setting(req, OPTION_CPU_QUOTA);
    const struct setting *given = request_setting(req, OPTION_CPU_PERIOD);
    const struct setting period = request_setting_or_default(req, OPTION_CPU_PERIOD);
    uint64_t shares = 0, length = 0;
    if (resolve_count(request_setting(req, OPTION_CPU_SHARES), SHARES_MIN, SHARES_MAX, &shares,
                      err) < 0 ||
        resolve_count(request_setting(req, OPTION_CPU_WEIGHT), 1, WEIGHT_MAX, &spec->cpu_weight,
                      err) < 0 ||
        resolve_count(&period, PERIOD_MIN, PERIOD_MAX, &length, err) < 0 ||
        resolve_count(quota, QUOTA_MIN, UINT32_MAX, &spec->cpu_quota, err) < 0)
        return -1;
    spec->cpu_period = given ? length : 0;
    uint64_t most = machine->cpus * length;
    if (quota && spec->cpu_quota > most)
        return error_set(err,
                         "%s %llu is more than the machine's %u processors have in a period "
                         "(%llu us)",
                         quota->origin, (unsigned long long)spec->cpu_quota, machine->cpus,
                         (unsigned long long)most);
    if (shares && spec->cpu_weight)
        return error_set(err,
                         "--cpu-shares and --cpu-weight set the same limit in two units: give one");
    if (shares)
        spec->cpu_weight = weight_of_shares(shares);
    return 0;
}

/* "0-2,4": each number is a processor of the machine. */
static int check_cpuset(const struct setting *s, unsigned cpus, struct error *err)
{
    const char *list = s->value;
    AUTO_FREE char *copy = xstrdup(list);
    char *rest = copy, *part;
    while ((part = strsep(&rest, ","))) {
        unsigned first, last;
        char *dash = strchr(part, '-');
        if (dash)
            *dash = '\0';
        if (parse_count(part, 0, cpus - 1, &first, err) < 0 ||
            parse_count(dash ? dash + 1 : part, 0, cpus - 1, &last, err) < 0)
            return error_wrap(err, "%s %s (of the machine's --cpus %u)", s->origin, list, cpus);
        if (last < first)
            return error_set(err, "%s %s: %u-%u runs backwards", s->origin, list, first, last);
    }
    return 0;
}

static bool is_io_key(const char *key)
{
    static const char *const keys[] = {"rbps", "wbps", "riops", "wiops"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* "rbps=1m,wiops=100" to what io.max reads. */
static int resolve_io(const struct setting *s, struct cgroup_spec *spec, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(s->value);
    char *rest = copy, *part;
    while ((part = strsep(&rest, ","))) {
        char *value = strchr(part, '=');
        uint64_t number = 0;
        if (value)
            *value++ = '\0';
        if (!value || !is_io_key(part))
            return error_set(err,
                             "%s '%s' is not a list of rbps=, wbps=, riops= and wiops=", s->origin,
                             s->value);
        if (parse_size(value, &number, err) < 0)
            return error_wrap(err, "%s %s", s->origin, part);
        if (number == 0)
            return error_set(err, "%s %s=0 would stop the disk: leave it out for no limit",
                             s->origin, part);
        char *longer = xasprintf("%s%s%s=%llu", spec->io_max ? spec->io_max : "",
                                 spec->io_max ? " " : "", part, (unsigned long long)number);
        free(spec->io_max);
        spec->io_max = longer;
    }
    return 0;
}

/* -1 is no limit, as with docker. */
static int resolve_pids(const struct request *req, struct cgroup_spec *spec, struct error *err)
{
    const struct setting *s = request_setting(req, OPTION_PIDS_LIMIT);
    if (s && strcmp(s->value, "-1") == 0)
        return 0;
    return resolve_count(s, 1, PIDS_MAX, &spec->pids_max, err);
}

int cgroup_resolve(const struct request *req, const struct machine_facts *machine,
                   struct cgroup_spec *ret, struct error *err)
{
    const struct setting *io = request_setting(req, OPTION_IO_MAX);
    const struct setting *cpuset = request_setting(req, OPTION_CPUSET_CPUS);
    if (resolve_memory(req, machine, ret, err) < 0 || resolve_swap(req, ret, err) < 0 ||
        resolve_cpu(req, machine, ret, err) < 0 || resolve_pids(req, ret, err) < 0)
        return -1;
    if (cpuset && check_cpuset(cpuset, machine->cpus, err) < 0)
        return -1;
    ret->cpuset = cpuset ? xstrdup(cpuset->value) : NULL;
    if (io && !machine->upper_disk)
        return error_set(err, "%s limits the disk of --upper disk, and there is none", io->origin);
    return io ? resolve_io(io, ret, err) : 0;
}

void cgroup_fill(const struct cgroup_spec *spec, struct cgroup_limits *ret)
{
    *ret = (struct cgroup_limits){
        .memory_max = (int64_t)spec->memory_max,
        .memory_high = (int64_t)spec->memory_high,
        .swap_limited = spec->swap_limited,
        .swap_max = (int64_t)spec->swap_max,
        .cpu_quota = (int64_t)spec->cpu_quota,
        .cpu_period = (int64_t)spec->cpu_period,
        .cpu_weight = (int64_t)spec->cpu_weight,
        .pids_max = (int64_t)spec->pids_max,
        .cpuset = spec->cpuset ? xstrdup(spec->cpuset) : NULL,
        .io_max = spec->io_max ? xstrdup(spec->io_max) : NULL,
    };
}

void cgroup_spec_free(struct cgroup_spec *spec)
{
    free(spec->cpuset);
    free(spec->io_max);
    *spec = (struct cgroup_spec){0};
}
