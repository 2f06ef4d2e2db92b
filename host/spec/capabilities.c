#include "host/spec/capabilities.h"

#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "common/util.h"
#include "host/spec/options.h"

#define ALL_CAPABILITIES ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)
#define BIT(capability) (UINT64_C(1) << (capability))

/* What container engines give by default: docker-run(1), "Runtime privilege". */
#define DEFAULT_CAPABILITIES                                                                       \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_MKNOD) | \
     BIT(CAP_NET_RAW) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) |  \
     BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE))

/* clang-format off */
static const struct option capability_rows[] = {
    {.id = OPTION_PRIVILEGED, .name = "--privileged", .on = ON_KERNELS, .layer = BY_AGENT,
     .help = "give COMMAND full control of the guest's kernel",
     .manual = "All capabilities, all devices, nothing masked or read-only. COMMAND gets all of the guest's kernel, "
         "not the host's."},
    {.id = OPTION_CAP_ADD, .name = "--cap-add", .metavar = "CAPABILITY", .on = ON_ALL, .layer = BY_AGENT,
     .help = "add a capability to the default set",
     .manual = "A name of capabilities(7), with or without CAP_, or ALL. The default set is that of container engines.",
     .repeatable = true},
    {.id = OPTION_CAP_DROP, .name = "--cap-drop", .metavar = "CAPABILITY", .on = ON_ALL, .layer = BY_AGENT,
     .help = "drop a capability, or ALL",
     .repeatable = true},
    {.id = OPTION_NOCAPS, .name = "--nocaps", .metavar = "LIST", .on = ON_ALL, .layer = BY_AGENT,
     .help = "drop the capabilities of a comma-separated list",
     .repeatable = true},
};
/* clang-format on */
const struct option_group capability_options = OPTION_GROUP(TITLE_CONTAINER, capability_rows);

/* One name, with or without CAP_, in either case; ALL is every capability. */
static int parse_capability(const char *origin, const char *name, uint64_t *ret_mask,
                            struct error *err)
{
    cap_value_t value;
    if (strcasecmp(name, "ALL") == 0) {
        *ret_mask = ALL_CAPABILITIES;
        return 0;
    }
    bool prefixed = strncasecmp(name, "CAP_", 4) == 0;
    AUTO_FREE char *full = xasprintf("%s%s", prefixed ? "" : "cap_", name);
    /* cap_from_name(3) reads numbers, too. */
    if (cap_from_name(full, &value) < 0 || value < 0 || value > CAP_LAST_CAP)
        return error_set(err, "%s '%s' is not a capability (see capabilities(7), or ALL)", origin,
                         name);
    *ret_mask = BIT(value);
    return 0;
}

/* --nocaps takes a list, as MINCS has it. */
static int drop_list(const struct setting *s, uint64_t *mask, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(s->value);
    char *rest = copy, *name;
    while ((name = strsep(&rest, ","))) {
        uint64_t one;
        if (parse_capability(s->origin, name, &one, err) < 0)
            return -1;
        *mask &= ~one;
    }
    return 0;
}

/*
 * ALL first and then the names, whatever their order on the command line: "--cap-drop ALL
 * --cap-add CHOWN" and the reverse mean the same, as with docker.
 */
int capabilities_resolve(const struct request *req, uint64_t *ret_mask, struct error *err)
{
    uint64_t *mask = ret_mask;
    *mask = request_has(req, OPTION_PRIVILEGED) ? ALL_CAPABILITIES : DEFAULT_CAPABILITIES;
    uint64_t add = 0, drop = 0, one;
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_CAP_ADD, s))) {
        if (parse_capability(s->origin, s->value, &one, err) < 0)
            return -1;
        if (one == ALL_CAPABILITIES)
            *mask = one;
        else
            add |= one;
    }
    while ((s = request_next(req, OPTION_CAP_DROP, s))) {
        if (parse_capability(s->origin, s->value, &one, err) < 0)
            return -1;
        if (one == ALL_CAPABILITIES)
            *mask = 0;
        else
            drop |= one;
    }
    if (add & drop)
        return error_set(err, "--cap-add and --cap-drop name the same capability");
    *mask = (*mask | add) & ~drop;
    while ((s = request_next(req, OPTION_NOCAPS, s)))
        if (drop_list(s, mask, err) < 0)
            return -1;
    return 0;
}
