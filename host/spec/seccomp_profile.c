#include "host/spec/seccomp_profile.h"

#include <errno.h>
#include <json-c/json.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "common/log.h"
#include "common/util.h"
#include "host/base/json.h"

#define PROFILE_DEPTH_MAX 16
#define ARGUMENTS_MAX 6
/* A program has no more instructions: BPF_MAXINSNS. */
#define PROGRAM_SIZE_MAX (4096 * sizeof(struct sock_filter))

/* The default profile is a file of its own in the source, and a part of this one when built. */
extern const char default_profile[];
__asm__(".section .rodata\n"
        "default_profile:\n"
        ".incbin \"host/spec/seccomp_default.json\"\n"
        ".byte 0\n"
        ".previous\n");

struct names {
    const char *name;
    uint32_t value;
};

static const struct names actions[] = {
    {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
    {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
    {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
    {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    {"SCMP_ACT_LOG", SCMP_ACT_LOG},
    {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
    {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
};

static const struct names comparisons[] = {
    {"SCMP_CMP_NE", SCMP_CMP_NE},
    {"SCMP_CMP_LT", SCMP_CMP_LT},
    {"SCMP_CMP_LE", SCMP_CMP_LE},
    {"SCMP_CMP_EQ", SCMP_CMP_EQ},
    {"SCMP_CMP_GE", SCMP_CMP_GE},
    {"SCMP_CMP_GT", SCMP_CMP_GT},
    {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

static const struct names flag_names[] = {
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

/* A profile while it is compiled. */
struct profile {
    uint64_t capabilities;
    const char *arch;
    scmp_filter_ctx context;
    uint32_t default_action;
};

static int find_name(const struct names *list, size_t count, const char *what, const char *name,
                     uint32_t *ret, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (name && strcmp(list[i].name, name) == 0) {
            *ret = list[i].value;
            return 0;
        }
    if (name && strcmp(name, "SCMP_ACT_NOTIFY") == 0)
        return error_set(err, "SCMP_ACT_NOTIFY needs a listener on the host, which cannot receive "
                              "the guest's system calls");
    return error_set(err, "'%s' is not a known %s", name ? name : "", what);
}
#define FIND_NAME(list, what, name, ret, err) find_name(list, ARRAY_LEN(list), what, name, ret, err)

/* An action with the number that goes with it: errnoRet is an errno value or a tracer's message. */
static int read_action(struct json_object *object, const char *key, const char *number_key,
                       uint32_t *ret, struct error *err)
{
    struct json_object *number;
    const char *name;
    if (json_text_member(object, key, &name, err) < 0 ||
        json_member(object, number_key, json_type_int, &number, err) < 0 ||
        FIND_NAME(actions, "action", name, ret, err) < 0)
        return -1;
    int64_t value = number ? json_object_get_int64(number) : EPERM;
    bool traced = *ret == SCMP_ACT_TRACE(0);
    if (value < 0 || value > (traced ? UINT16_MAX : 4095))
        return error_set(err, "\"%s\": %lld is out of range", number_key, (long long)value);
    if (traced || *ret == SCMP_ACT_ERRNO(0))
        *ret |= (uint32_t)value;
    return 0;
}

static int add_architecture(const struct profile *profile, const char *name, struct error *err)
{
    static const char prefix[] = "SCMP_ARCH_";
    AUTO_FREE char *lower = xstrdup(name);
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    uint32_t token = strncmp(name, prefix, strlen(prefix)) == 0
                         ? seccomp_arch_resolve_name(lower + strlen(prefix))
                         : 0;
    if (token == 0)
        return error_set(err, "'%s' is not an architecture", name);
    int result = seccomp_arch_add(profile->context, token);
    if (result < 0 && result != -EEXIST)
        return error_set(err, "architecture %s: %s", name, strerror(-result));
    return 0;
}

static int add_architectures(const struct profile *profile, const struct json_object *list,
                             struct error *err)
{
    for (size_t i = 0; i < json_length(list); i++)
        if (add_architecture(profile, json_text_at(list, i), err) < 0)
            return -1;
    return 0;
}

static bool is_arch(const struct profile *profile, const char *name)
{
    static const char prefix[] = "SCMP_ARCH_";
    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           strcasecmp(name + strlen(prefix), profile->arch) == 0;
}

/* "architectures" is OCI's, "archMap" what engines write before they know the machine. */
static int read_architectures(const struct profile *profile, struct json_object *root,
                              struct error *err)
{
    struct json_object *list, *map, *more;
    if (json_member(root, "architectures", json_type_array, &list, err) < 0 ||
        json_member(root, "archMap", json_type_array, &map, err) < 0 ||
        add_architectures(profile, list, err) < 0)
        return -1;
    for (size_t i = 0; i < json_length(map); i++) {
        struct json_object *entry = json_object_array_get_idx(map, i);
        const char *name;
        if (json_text_member(entry, "architecture", &name, err) < 0 ||
            json_member(entry, "subArchitectures", json_type_array, &more, err) < 0)
            return -1;
        if (name && is_arch(profile, name) && add_architectures(profile, more, err) < 0)
            return -1;
    }
    return 0;
}

static bool has_capability(const struct profile *profile, const char *name)
{
    cap_value_t value;
    return cap_from_name(name, &value) == 0 && value < 64 &&
           (profile->capabilities >> value & 1) != 0;
}

/* How engines call architectures in conditions: Go's names. */
static bool is_go_arch(const struct profile *profile, const char *name)
{
    if (strcmp(name, "amd64") == 0)
        name = "x86_64";
    else if (strcmp(name, "arm64") == 0)
        name = "aarch64";
    return strcmp(name, profile->arch) == 0;
}

/* All of the capabilities and one of the architectures for "includes", none for "excludes". */
static int condition(const struct profile *profile, struct json_object *entry, const char *key,
                     bool include, bool *applies, struct error *err)
{
    struct json_object *object, *caps, *arches;
    if (json_member(entry, key, json_type_object, &object, err) < 0)
        return -1;
    if (!object)
        return 0;
    if (JSON_CHECK_MEMBERS(object, err, "caps", "arches", "minKernel") < 0)
        return -1;
    if (json_member(object, "caps", json_type_array, &caps, err) < 0 ||
        json_member(object, "arches", json_type_array, &arches, err) < 0)
        return -1;
    bool this_arch = false;
    for (size_t i = 0; i < json_length(caps); i++)
        if (has_capability(profile, json_text_at(caps, i)) != include)
            *applies = false;
    for (size_t i = 0; i < json_length(arches); i++)
        this_arch = this_arch || is_go_arch(profile, json_text_at(arches, i));
    if (json_length(arches) > 0 && this_arch != include)
        *applies = false;
    return 0;
}

static int read_argument(struct json_object *object, struct scmp_arg_cmp *ret, struct error *err)
{
    struct json_object *index, *value, *second;
    const char *op;
    uint32_t comparison = 0;
    if (JSON_CHECK_MEMBERS(object, err, "index", "value", "valueTwo", "op") < 0)
        return -1;
    if (json_member(object, "index", json_type_int, &index, err) < 0 ||
        json_member(object, "value", json_type_int, &value, err) < 0 ||
        json_member(object, "valueTwo", json_type_int, &second, err) < 0 ||
        json_text_member(object, "op", &op, err) < 0 ||
        FIND_NAME(comparisons, "comparison", op, &comparison, err) < 0)
        return -1;
    if (!index || !value || json_object_get_int64(index) < 0 ||
        json_object_get_int64(index) >= ARGUMENTS_MAX)
        return error_set(err, "an argument needs an \"index\" below 6 and a \"value\"");
    *ret = (struct scmp_arg_cmp){
        .arg = (unsigned)json_object_get_int64(index),
        .op = (enum scmp_compare)comparison,
        .datum_a = json_object_get_uint64(value),
        .datum_b = second ? json_object_get_uint64(second) : 0,
    };
    return 0;
}

static int read_arguments(const struct json_object *list, struct scmp_arg_cmp *ret,
                          struct error *err)
{
    if (json_length(list) > ARGUMENTS_MAX)
        return error_set(err, "a system call has six arguments");
    for (size_t i = 0; i < json_length(list); i++)
        if (read_argument(json_object_array_get_idx(list, i), &ret[i], err) < 0)
            return -1;
    return 0;
}

/* Comparisons of one argument, more than one of them, are alternatives: a rule for each (runc). */
static bool repeats_argument(const struct scmp_arg_cmp *args, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (args[i].arg == args[j].arg)
                return true;
    return false;
}

static int add_rule(const struct profile *profile, const char *name, uint32_t action,
                    const struct scmp_arg_cmp *args, size_t count, struct error *err)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
        /* As runtimes do: profiles name what is newer than this host's library. */
        log_debug("seccomp: this libseccomp does not know %s: the default action stands", name);
        return 0;
    }
    bool apart = repeats_argument(args, count);
    for (size_t i = 0; i < (apart ? count : 1); i++) {
        int result = seccomp_rule_add_array(profile->context, action, number,
                                            apart ? 1 : (unsigned)count, apart ? &args[i] : args);
        if (result < 0 && result != -EEXIST)
            return error_set(err, "%s: %s", name, strerror(-result));
    }
    return 0;
}

static int read_entry(const struct profile *profile, struct json_object *entry, struct error *err)
{
    struct json_object *names, *list;
    struct scmp_arg_cmp args[ARGUMENTS_MAX];
    const char *name;
    uint32_t action;
    bool applies = true;
    if (!json_object_is_type(entry, json_type_object))
        return error_set(err, "\"syscalls\" has an entry that is not an object");
    if (JSON_CHECK_MEMBERS(entry, err, "names", "name", "action", "errnoRet", "errno", "args",
                           "includes", "excludes", "comment") < 0)
        return -1;
    if (condition(profile, entry, "includes", true, &applies, err) < 0 ||
        condition(profile, entry, "excludes", false, &applies, err) < 0 ||
        read_action(entry, "action", "errnoRet", &action, err) < 0 ||
        json_member(entry, "names", json_type_array, &names, err) < 0 ||
        json_member(entry, "args", json_type_array, &list, err) < 0 ||
        json_text_member(entry, "name", &name, err) < 0 || read_arguments(list, args, err) < 0)
        return -1;
    if (!names && !name)
        return error_set(err, "an entry of \"syscalls\" has no \"names\"");
    /* libseccomp refuses a rule that says what the default says. */
    if (!applies || action == profile->default_action)
        return 0;
    if (name && add_rule(profile, name, action, args, json_length(list), err) < 0)
        return -1;
    for (size_t i = 0; i < json_length(names); i++)
        if (add_rule(profile, json_text_at(names, i), action, args, json_length(list), err) < 0)
            return -1;
    return 0;
}

static int read_flags(struct json_object *root, unsigned *ret_flags, struct error *err)
{
    struct json_object *flags;
    uint32_t flag = 0;
    if (json_member(root, "flags", json_type_array, &flags, err) < 0)
        return -1;
    *ret_flags = 0;
    for (size_t i = 0; i < json_length(flags); i++) {
        if (FIND_NAME(flag_names, "flag that vmc supports", json_text_at(flags, i), &flag, err) < 0)
            return -1;
        *ret_flags |= flag;
    }
    return 0;
}

static int read_profile(struct profile *profile, struct json_object *root, struct error *err)
{
    struct json_object *entries;
    if (json_member(root, "syscalls", json_type_array, &entries, err) < 0)
        return -1;
    if (json_object_object_get_ex(root, "listenerPath", NULL))
        return error_set(
            err,
            "\"listenerPath\": a listener on the host cannot receive the guest's system calls");
    if (read_architectures(profile, root, err) < 0)
        return -1;
    for (size_t i = 0; i < json_length(entries); i++)
        if (read_entry(profile, json_object_array_get_idx(entries, i), err) < 0)
            return -1;
    return 0;
}

static int export(scmp_filter_ctx context, struct seccomp_filter *ret, struct error *err)
{
    AUTO_CLOSE int fd = memfd_create("seccomp", MFD_CLOEXEC);
    struct stat st;
    int result = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
    if (result < 0 || fstat(fd, &st) < 0)
        return error_set(err, "cannot compile it: %s", strerror(result < 0 ? -result : errno));
    if (st.st_size > (off_t)PROGRAM_SIZE_MAX)
        return error_set(err, "it compiles to %zu instructions, and the kernel allows 4096",
                         (size_t)st.st_size / sizeof(struct sock_filter));
    ret->length = (size_t)st.st_size;
    ret->program = xcalloc(1, ret->length);
    if (pread(fd, ret->program, ret->length, 0) == (ssize_t)ret->length)
        return 0;
    seccomp_filter_free(ret);
    return error_set(err, "cannot read the compiled filter");
}

/* A filter for the guest's architecture alone, to which the profile adds. */
static int make_context(struct profile *profile, struct error *err)
{
    uint32_t token = seccomp_arch_resolve_name(profile->arch);
    profile->context = seccomp_init(profile->default_action);
    if (!profile->context || token == 0)
        return error_set(err, "libseccomp does not know the architecture %s", profile->arch);
    if (token != seccomp_arch_native() &&
        (seccomp_arch_add(profile->context, token) < 0 ||
         seccomp_arch_remove(profile->context, SCMP_ARCH_NATIVE) < 0))
        return error_set(err, "libseccomp cannot make a filter for %s", profile->arch);
    /* A tree instead of a list: a tenth of the steps. libseccomp before 2.5 has lists only. */
    seccomp_attr_set(profile->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return 0;
}

static int compile(struct profile *profile, struct json_object *root, struct seccomp_filter *ret,
                   struct error *err)
{
    if (!json_object_is_type(root, json_type_object))
        return error_set(err, "not a JSON object");
    if (JSON_CHECK_MEMBERS(root, err, "defaultAction", "defaultErrnoRet", "defaultErrno",
                           "architectures", "archMap", "comment", "flags", "listenerPath",
                           "listenerMetadata", "syscalls") < 0)
        return -1;
    if (read_action(root, "defaultAction", "defaultErrnoRet", &profile->default_action, err) < 0 ||
        read_flags(root, &ret->flags, err) < 0 || make_context(profile, err) < 0 ||
        read_profile(profile, root, err) < 0)
        return -1;
    return export(profile->context, ret, err);
}

static struct json_object *parse(const char *text, struct error *err)
{
    struct json_tokener *tokener = json_tokener_new_ex(PROFILE_DEPTH_MAX);
    if (!tokener)
        abort();
    struct json_object *root = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    size_t end = json_tokener_get_parse_end(tokener);
    if (!root) {
        error_set(err, "not JSON: byte %zu: %s", end,
                  json_tokener_error_desc(json_tokener_get_error(tokener)));
    } else if (text[end + strspn(text + end, " \t\r\n")]) {
        error_set(err, "byte %zu: text after the end of the profile", end);
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}

int seccomp_profile_compile(const char *text, uint64_t capabilities, const char *arch,
                            struct seccomp_filter *ret, struct error *err)
{
    struct profile profile = {.capabilities = capabilities, .arch = arch};
    *ret = (struct seccomp_filter){0};
    struct json_object *root = parse(text ? text : default_profile, err);
    if (!root)
        return -1;
    int result = compile(&profile, root, ret, err);
    json_object_put(root);
    if (profile.context)
        seccomp_release(profile.context);
    return result;
}

void seccomp_filter_free(struct seccomp_filter *filter)
{
    free(filter->program);
    *filter = (struct seccomp_filter){0};
}
