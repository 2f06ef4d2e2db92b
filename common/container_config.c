#include "common/container_config.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/resource.h>

#include "common/schema.h"

/* The kernel's limit, __NEW_UTS_LEN; see sethostname(2). */
#define HOSTNAME_LENGTH_MAX 64
#define USER_LENGTH_MAX 512
#define LIST_MAX 1024
#define NAME_LENGTH_MAX 256
#define TEXT_LENGTH_MAX (1 << 20)
/* One argument of execve(2): MAX_ARG_STRLEN. */
#define SCRIPT_LENGTH_MAX (128 * 1024 - 1)
/* SECCOMP_FILTER_FLAG_TSYNC, _LOG and _SPEC_ALLOW; the others are for listeners. */
#define SECCOMP_FLAGS_MAX 7
/* Device numbers of the kernel: 12 and 20 bits (include/linux/kdev_t.h). */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff
/* Capabilities are 64 bits in the system calls, and JSON's integers are signed. */
#define CAPABILITIES_MAX ((INT64_C(1) << 62) - 1)

#define AT SCHEMA_AT
#define SIZE .max = INT64_MAX

static const struct field capability_fields[] = {
    {"bounding", FIELD_INTEGER, AT(struct capability_sets, bounding), .max = CAPABILITIES_MAX},
    {"effective", FIELD_INTEGER, AT(struct capability_sets, effective), .max = CAPABILITIES_MAX},
    {"permitted", FIELD_INTEGER, AT(struct capability_sets, permitted), .max = CAPABILITIES_MAX},
    {"inheritable", FIELD_INTEGER, AT(struct capability_sets, inheritable),
     .max = CAPABILITIES_MAX},
    {"ambient", FIELD_INTEGER, AT(struct capability_sets, ambient), .max = CAPABILITIES_MAX},
};
static const struct schema capability_schema =
    SCHEMA(struct capability_sets, capability_fields, NULL);

static const struct field rlimit_fields[] = {
    {"resource", FIELD_INTEGER, AT(struct rlimit_config, resource), .max = RLIM_NLIMITS - 1},
    {"soft", FIELD_INTEGER, AT(struct rlimit_config, soft), .min = -1, SIZE},
    {"hard", FIELD_INTEGER, AT(struct rlimit_config, hard), .min = -1, SIZE},
};
static const struct schema rlimit_schema = SCHEMA(struct rlimit_config, rlimit_fields, NULL);

/* A sysctl is a file below /proc/sys: no way out of it, and no way up. */
static int check_sysctl(void *item, struct error *err)
{
    const struct sysctl_config *s = item;
    if (!s->name || !s->value)
        return error_set(err, "configuration: a sysctl needs a name and a value");
    if (s->name[0] == '.' || s->name[0] == '/' || strstr(s->name, ".."))
        return error_set(err, "configuration: '%s' is not the name of a sysctl", s->name);
    return 0;
}

static const struct field sysctl_fields[] = {
    {"name", FIELD_TEXT, AT(struct sysctl_config, name), .max = NAME_LENGTH_MAX},
    {"value", FIELD_ANY, AT(struct sysctl_config, value), .max = 4096},
};
static const struct schema sysctl_schema =
    SCHEMA(struct sysctl_config, sysctl_fields, check_sysctl);

static const struct field cgroup_fields[] = {
    {"memory_max", FIELD_INTEGER, AT(struct cgroup_limits, memory_max), SIZE},
    {"memory_high", FIELD_INTEGER, AT(struct cgroup_limits, memory_high), SIZE},
    {"swap_max", FIELD_INTEGER, AT(struct cgroup_limits, swap_max), SIZE,
     .seen = offsetof(struct cgroup_limits, swap_limited)},
    {"cpu_quota", FIELD_INTEGER, AT(struct cgroup_limits, cpu_quota), SIZE},
    {"cpu_period", FIELD_INTEGER, AT(struct cgroup_limits, cpu_period), .max = 1000000},
    {"cpu_weight", FIELD_INTEGER, AT(struct cgroup_limits, cpu_weight), .max = 10000},
    {"pids_max", FIELD_INTEGER, AT(struct cgroup_limits, pids_max), .max = 4194304},
    {"cpuset", FIELD_TEXT, AT(struct cgroup_limits, cpuset), .max = NAME_LENGTH_MAX},
    {"io_max", FIELD_TEXT, AT(struct cgroup_limits, io_max), .max = NAME_LENGTH_MAX},
};
static const struct schema cgroup_schema = SCHEMA(struct cgroup_limits, cgroup_fields, NULL);

static const char *const mount_kinds[] = {
    [0] = "",
    [MOUNT_TMPFS] = "tmpfs",
    [MOUNT_VOLUME] = "volume",
    [MOUNT_DEBUGFS] = "debugfs",
    [MOUNT_TRACEFS] = "tracefs",
    [MOUNT_TRACEFS + 1] = NULL,
};

static int check_mount(void *item, struct error *err)
{
    const struct mount_config *m = item;
    if (!m->kind || !m->target)
        return error_set(err, "configuration: a mount needs a kind and a target");
    if (m->kind == MOUNT_VOLUME && (!m->tag || !m->path || strchr(m->path, '/')))
        return error_set(err, "configuration: a volume needs a tag and a path in it");
    return 0;
}

static const struct field mount_fields[] = {
    {"kind", FIELD_CHOICE, AT(struct mount_config, kind), .names = mount_kinds},
    {"target", FIELD_PATH, AT(struct mount_config, target)},
    {"read_only", FIELD_BOOL, AT(struct mount_config, read_only)},
    {"exec", FIELD_BOOL, AT(struct mount_config, exec)},
    {"size", FIELD_INTEGER, AT(struct mount_config, size), SIZE},
    {"mode", FIELD_INTEGER, AT(struct mount_config, mode), .max = 07777},
    {"uid", FIELD_INTEGER, AT(struct mount_config, uid), .max = UINT32_MAX - 1},
    {"gid", FIELD_INTEGER, AT(struct mount_config, gid), .max = UINT32_MAX - 1},
    {"tag", FIELD_TEXT, AT(struct mount_config, tag), .max = NAME_LENGTH_MAX},
    {"cache", FIELD_TEXT, AT(struct mount_config, cache), .max = NAME_LENGTH_MAX},
    {"path", FIELD_TEXT, AT(struct mount_config, path), .max = NAME_LENGTH_MAX},
    {"virtiofs", FIELD_BOOL, AT(struct mount_config, virtiofs)},
};
static const struct schema mount_schema = SCHEMA(struct mount_config, mount_fields, check_mount);

static int check_access(const char *access, struct error *err)
{
    if (access[strspn(access, "rwm")])
        return error_set(err, "configuration: a device's access must consist of r, w and m");
    return 0;
}

static int check_device(void *item, struct error *err)
{
    const struct device_config *d = item;
    if (!d->path)
        return error_set(err, "configuration: a device needs a path");
    return check_access(d->access ? d->access : "", err);
}

static const struct field device_fields[] = {
    {"path", FIELD_PATH, AT(struct device_config, path)},
    {"block", FIELD_BOOL, AT(struct device_config, block)},
    {"major", FIELD_INTEGER, AT(struct device_config, major), .max = MAJOR_MAX},
    {"minor", FIELD_INTEGER, AT(struct device_config, minor), .max = MINOR_MAX},
    {"mode", FIELD_INTEGER, AT(struct device_config, mode), .max = 07777},
    {"uid", FIELD_INTEGER, AT(struct device_config, uid), .max = UINT32_MAX - 1},
    {"gid", FIELD_INTEGER, AT(struct device_config, gid), .max = UINT32_MAX - 1},
    {"source", FIELD_PATH, AT(struct device_config, source)},
    {"access", FIELD_TEXT, AT(struct device_config, access), .max = 3},
};
static const struct schema device_schema =
    SCHEMA(struct device_config, device_fields, check_device);

static int check_device_rule(void *item, struct error *err)
{
    const struct device_rule *r = item;
    if (!r->type || strlen(r->type) != 1 || !strchr("abc", r->type[0]))
        return error_set(err, "configuration: a device rule's type must be a, b or c");
    if (!r->access)
        return error_set(err, "configuration: a device rule needs an access");
    return check_access(r->access, err);
}

static const struct field device_rule_fields[] = {
    {"type", FIELD_TEXT, AT(struct device_rule, type), .max = 1},
    {"major", FIELD_INTEGER, AT(struct device_rule, major), .min = -1, .max = MAJOR_MAX},
    {"minor", FIELD_INTEGER, AT(struct device_rule, minor), .min = -1, .max = MINOR_MAX},
    {"access", FIELD_TEXT, AT(struct device_rule, access), .max = 3},
};
static const struct schema device_rule_schema =
    SCHEMA(struct device_rule, device_rule_fields, check_device_rule);

static int check_file(void *item, struct error *err)
{
    const struct file_config *f = item;
    return f->path && f->text ? 0 : error_set(err, "configuration: a file needs a path and a text");
}

static const struct field file_fields[] = {
    {"path", FIELD_PATH, AT(struct file_config, path)},
    {"text", FIELD_ANY, AT(struct file_config, text), .max = TEXT_LENGTH_MAX},
    {"optional", FIELD_BOOL, AT(struct file_config, optional)},
};
static const struct schema file_schema = SCHEMA(struct file_config, file_fields, check_file);

static int check_file_capability(void *item, struct error *err)
{
    const struct file_capability *f = item;
    return f->path && f->value.length > 0
               ? 0
               : error_set(err, "configuration: a file capability needs a path and a value");
}

static const struct field file_capability_fields[] = {
    {"path", FIELD_PATH, AT(struct file_capability, path)},
    {"value", FIELD_HEX, AT(struct file_capability, value), .max = XATTR_CAPS_SZ},
};
static const struct schema file_capability_schema =
    SCHEMA(struct file_capability, file_capability_fields, check_file_capability);

static const struct field network_fields[] = {
    {"interface", FIELD_TEXT, AT(struct network_config, interface), .max = 15},
    {"mac", FIELD_TEXT, AT(struct network_config, mac), .max = 17},
    {"announce", FIELD_BOOL, AT(struct network_config, announce)},
    {"mtu", FIELD_INTEGER, AT(struct network_config, mtu), .max = 65535},
    {"addresses", FIELD_STRINGS, AT(struct network_config, addresses)},
    {"gateways", FIELD_STRINGS, AT(struct network_config, gateways)},
};
static const struct schema network_schema = SCHEMA(struct network_config, network_fields, NULL);

const char *const upper_names[] = {
    [UPPER_STAY] = "",     [UPPER_RAM] = "ram",   [UPPER_DISK] = "disk",
    [UPPER_HOST] = "host", [UPPER_NONE] = "none", [UPPER_COUNT] = NULL,
};

const char *upper_name(enum upper upper)
{
    return upper_names[upper];
}

static int check_root(void *item, struct error *err)
{
    const struct container_shape *shape = item;
    if (shape->upper == UPPER_STAY)
        return error_set(err, "configuration: the root needs an upper");
    if (shape->image && shape->upper != UPPER_RAM && shape->upper != UPPER_DISK)
        return error_set(err, "configuration: an image needs its upper in the guest");
    if (shape->image && shape->virtiofs)
        return error_set(err, "configuration: the root cannot be both an image and on virtiofs");
    return 0;
}

/* The root's settings are members of the shape itself: an object at offset 0. */
static const struct field root_fields[] = {
    {"upper", FIELD_CHOICE, AT(struct container_shape, upper), .names = upper_names},
    {"size", FIELD_INTEGER, AT(struct container_shape, upper_size), SIZE},
    {"read_only", FIELD_BOOL, AT(struct container_shape, read_only)},
    {"image", FIELD_BOOL, AT(struct container_shape, image)},
    {"virtiofs", FIELD_BOOL, AT(struct container_shape, virtiofs)},
};
static const struct schema root_schema = SCHEMA(struct container_shape, root_fields, check_root);

static int check_shape(void *item, struct error *err)
{
    const struct container_shape *shape = item;
    if (shape->seccomp.length % sizeof(struct sock_filter))
        return error_set(err, "configuration: seccomp is not a whole number of instructions");
    if (!is_container(shape) &&
        (shape->hosted || shape->netns || shape->userns || shape->devtmpfs ||
         shape->devices.count > 0 || shape->has_device_rules))
        return error_set(err, "configuration: a plain process cannot have settings of a container");
    return 0;
}

#define SHAPE(member) AT(struct container_shape, member)
static const struct field shape_fields[] = {
    {"root", FIELD_OBJECT, .schema = &root_schema},
    {"hosted", FIELD_BOOL, SHAPE(hosted)},
    {"netns", FIELD_BOOL, SHAPE(netns)},
    {"userns", FIELD_BOOL, SHAPE(userns)},
    {"devtmpfs", FIELD_BOOL, SHAPE(devtmpfs)},
    {"sys_writable", FIELD_BOOL, SHAPE(sys_writable)},
    {"shm_size", FIELD_INTEGER, SHAPE(shm_size), SIZE},
    {"devices", FIELD_LIST, SHAPE(devices), .max = LIST_MAX, .schema = &device_schema},
    {"device_rules", FIELD_LIST, SHAPE(device_rules), .max = LIST_MAX,
     .schema = &device_rule_schema, .seen = offsetof(struct container_shape, has_device_rules)},
    {"no_init", FIELD_BOOL, SHAPE(no_init)},
    {"capabilities", FIELD_OBJECT, SHAPE(capabilities), .schema = &capability_schema,
     .seen = offsetof(struct container_shape, has_capabilities)},
    {"no_new_privs", FIELD_BOOL, SHAPE(no_new_privs)},
    {"seccomp", FIELD_HEX, SHAPE(seccomp), .max = BPF_MAXINSNS * sizeof(struct sock_filter)},
    {"seccomp_flags", FIELD_INTEGER, SHAPE(seccomp_flags), .max = SECCOMP_FLAGS_MAX},
    {"rlimits", FIELD_LIST, SHAPE(rlimits), .max = LIST_MAX, .schema = &rlimit_schema},
    {"masked", FIELD_STRINGS, SHAPE(masked)},
    {"readonly", FIELD_STRINGS, SHAPE(readonly)},
};
const struct schema container_shape_schema =
    SCHEMA(struct container_shape, shape_fields, check_shape);

static int check_process(void *item, struct error *err)
{
    struct process_config *process = item;
    if (process->args.count == 0)
        return error_set(err, "configuration: no args");
    for (size_t i = 0; i < process->env.count; i++) {
        const char *equals = strchr(process->env.items[i], '=');
        if (!equals || equals == process->env.items[i])
            return error_set(err, "configuration: env entry '%.100s' is not NAME=VALUE",
                             process->env.items[i]);
    }
    return 0;
}

#define PROCESS(member) AT(struct process_config, member)
static const struct field process_fields[] = {
    {"args", FIELD_STRINGS, PROCESS(args)},
    {"env", FIELD_STRINGS, PROCESS(env)},
    {"cwd", FIELD_PATH, PROCESS(cwd)},
    {"user", FIELD_TEXT, PROCESS(user), .max = USER_LENGTH_MAX},
    {"groups", FIELD_STRINGS, PROCESS(groups)},
    {"oom_score_adj", FIELD_INTEGER, PROCESS(oom_score_adj), .min = -1000, .max = 1000},
    {"tty", FIELD_BOOL, PROCESS(tty)},
    {"rows", FIELD_INTEGER, PROCESS(rows), .max = UINT16_MAX},
    {"columns", FIELD_INTEGER, PROCESS(columns), .max = UINT16_MAX},
    {"capabilities", FIELD_OBJECT, PROCESS(capabilities), .schema = &capability_schema,
     .seen = offsetof(struct process_config, has_capabilities)},
    {"no_new_privs", FIELD_BOOL, PROCESS(no_new_privs),
     .seen = offsetof(struct process_config, has_no_new_privs)},
    {"rlimits", FIELD_LIST, PROCESS(rlimits), .max = LIST_MAX, .schema = &rlimit_schema,
     .seen = offsetof(struct process_config, has_rlimits)},
};
const struct schema process_config_schema =
    SCHEMA(struct process_config, process_fields, check_process);

static int check_config(void *item, struct error *err)
{
    const struct agent_config *config = item;
    return config->process.args.count > 0 ? 0 : error_set(err, "configuration: no process");
}

#define CONFIG(member) AT(struct agent_config, member)
static const struct field config_fields[] = {
    {"process", FIELD_OBJECT, CONFIG(process), .schema = &process_config_schema},
    {"hostname", FIELD_TEXT, CONFIG(hostname), .max = HOSTNAME_LENGTH_MAX},
    {"time_ns", FIELD_INTEGER, CONFIG(time_ns), SIZE},
    {"entropy", FIELD_HEX, CONFIG(entropy), .min = ENTROPY_SIZE, .max = ENTROPY_SIZE},
    {"debug", FIELD_BOOL, CONFIG(debug)},
    {"hostfs", FIELD_BOOL, CONFIG(hostfs)},
    {"keep", FIELD_BOOL, CONFIG(keep)},
    {"sysctls", FIELD_LIST, CONFIG(sysctls), .max = LIST_MAX, .schema = &sysctl_schema},
    {"cgroup", FIELD_OBJECT, CONFIG(cgroup), .schema = &cgroup_schema},
    {"ftrace", FIELD_TEXT, CONFIG(ftrace), .max = SCRIPT_LENGTH_MAX},
    {"swap_disk", FIELD_BOOL, CONFIG(swap_disk)},
    {"mounts", FIELD_LIST, CONFIG(mounts), .max = LIST_MAX, .schema = &mount_schema},
    {"files", FIELD_LIST, CONFIG(files), .max = LIST_MAX, .schema = &file_schema},
    {"file_capabilities", FIELD_LIST, CONFIG(file_capabilities), .max = LIST_MAX,
     .schema = &file_capability_schema},
    {"network", FIELD_OBJECT, CONFIG(network), .schema = &network_schema},
};
const struct schema agent_config_schema = SCHEMA(struct agent_config, config_fields, check_config);

struct byte_string byte_string_of(const void *bytes, size_t length)
{
    struct byte_string copy = {.bytes = xcalloc(length + 1, 1), .length = length};
    if (length > 0)
        memcpy(copy.bytes, bytes, length);
    return copy;
}

int container_shape_parse(const char *json, size_t length, struct container_shape *ret,
                          struct error *err)
{
    struct container_shape shape = {0};
    if (schema_parse(&container_shape_schema, json, length, &shape, err) < 0)
        return -1;
    *ret = shape;
    return 0;
}

int agent_config_parse(const char *json, size_t length, struct agent_config *ret_config,
                       struct error *err)
{
    struct agent_config config = {.shape = ret_config->shape};
    if (schema_parse(&agent_config_schema, json, length, &config, err) < 0)
        return -1;
    *ret_config = config;
    return 0;
}

int process_config_parse(const char *json, size_t length, struct process_config *ret,
                         struct error *err)
{
    struct process_config process = {0};
    if (schema_parse(&process_config_schema, json, length, &process, err) < 0)
        return -1;
    *ret = process;
    return 0;
}

char *container_shape_text(const struct container_shape *shape)
{
    return schema_text(&container_shape_schema, shape);
}

char *agent_config_text(const struct agent_config *config)
{
    return schema_text(&agent_config_schema, config);
}

char *process_config_text(const struct process_config *process)
{
    return schema_text(&process_config_schema, process);
}

void container_shape_free(struct container_shape *shape)
{
    schema_free(&container_shape_schema, shape);
    *shape = (struct container_shape){0};
}

void process_config_free(struct process_config *process)
{
    schema_free(&process_config_schema, process);
    *process = (struct process_config){0};
}

void agent_config_free(struct agent_config *config)
{
    container_shape_free(&config->shape);
    schema_free(&agent_config_schema, config);
    *config = (struct agent_config){0};
}
