#include "host/jail/isolation.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"
#include "common/util.h"
#include "host/base/notice.h"

static const char *const layer_names[LAYER_COUNT] = {
    [LAYER_USER] = "a user namespace",
    [LAYER_IDS] = "ids of its own",
    [LAYER_ROOT] = "a root of its own",
    [LAYER_PROC] = "a /proc of its own",
    [LAYER_NAMESPACES] = "pid, ipc, uts and cgroup namespaces",
    [LAYER_NETWORK] = "a network namespace",
    [LAYER_PRIVILEGES] = "dropped privileges",
    [LAYER_SYSCALLS] = "a system call filter",
    [LAYER_WRITES] = "a Landlock rule set",
    [LAYER_LIMITS] = "resource limits",
    [LAYER_CGROUP] = "control group limits",
    [LAYER_KERNEL] = "a kernel of its own",
};

const char *isolation_name(enum isolation_layer layer)
{
    return layer_names[layer];
}

void isolation_lacks(struct isolation *isolation, enum isolation_layer layer, const char *format,
                     ...)
{
    char reason[512];
    va_list args;
    if (isolation->missing[layer])
        return;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    isolation->missing[layer] = xstrdup(reason);
}

bool isolation_complete(const struct isolation *isolation)
{
    for (size_t i = 0; i < LAYER_COUNT; i++)
        if (isolation->missing[i])
            return false;
    return true;
}

bool isolation_expected(enum isolation_layer layer, bool privileged)
{
    if (layer == LAYER_NETWORK || layer == LAYER_WRITES)
        return false;
    return privileged || (layer != LAYER_CGROUP && layer != LAYER_IDS);
}

/* "NAME (REASON), NAME (REASON)", owned by the caller; NULL if none is missing. */
static char *describe(const struct isolation *isolation, bool all, bool privileged)
{
    char *text = NULL;
    for (size_t i = 0; i < LAYER_COUNT; i++) {
        if (!isolation->missing[i] || (!all && !isolation_expected(i, privileged)))
            continue;
        char *longer = xasprintf("%s%s%s (%s)", text ? text : "", text ? ", " : "", layer_names[i],
                                 isolation->missing[i]);
        free(text);
        text = longer;
    }
    return text;
}

void isolation_say(const struct isolation *isolation, bool privileged)
{
    for (size_t i = 0; i < LAYER_COUNT && !isolation->around; i++)
        log_debug("jail: %s: %s", layer_names[i],
                  isolation->missing[i] ? isolation->missing[i] : "yes");
    AUTO_FREE char *text = describe(isolation, false, privileged);
    if (!text)
        return;
    error_sanitize(text);
    notice("%s lacks %s", isolation->around ? isolation->around : "the jail around the hypervisor",
           text);
}

int isolation_refuse(const struct isolation *isolation, struct error *err)
{
    AUTO_FREE char *text = describe(isolation, true, true);
    return error_set(err, "--require-jail: the jail around the hypervisor lacks %s", text);
}

void isolation_free(struct isolation *isolation)
{
    for (size_t i = 0; i < LAYER_COUNT; i++) {
        free(isolation->missing[i]);
        isolation->missing[i] = NULL;
    }
}
