#include "host/spec/debug.h"

#include <string.h>

#include "common/util.h"
#include "host/base/units.h"
#include "host/base/unix_socket.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option debug_rows[] = {
    {.id = OPTION_CONSOLE, .name = "--console", .metavar = "FILE", .part = PART_BOOT, .on = ON_KERNELS, .layer = BY_VMC,
     .help = "write the guest's console to FILE",
     .manual = "Kernel messages are written there, never to standard output or error."},
    {.id = OPTION_GDB, .name = "--gdb", .metavar = "[ADDR:]PORT|PATH", .part = PART_BOOT, .on = ON_QEMU,
     .layer = BY_MACHINE,
     .help = "make the guest wait for a debugger",
     .manual = "QEMU's gdb server listens there: on this host's loopback without ADDR, or on a Unix socket at PATH, "
         "with a slash in it, that only the user can open. Anyone who can connect controls the guest. The boot has no "
         "time limit unless --boot-timeout is given, and the machine is emulated unless --accel kvm is."},
    {.id = OPTION_CRASH_DUMP, .name = "--crash-dump", .metavar = "FILE", .on = ON_QEMU, .layer = BY_MACHINE,
     .help = "write the guest's memory to FILE when its kernel panics",
     .manual = "An ELF core file, for gdb and crash. FILE must not exist yet; without a panic none is written."},
    {.id = OPTION_TIMING, .name = "--timing", .on = ON_ALL, .layer = BY_VMC,
     .help = "print how long each phase took, on standard error"},
};
/* clang-format on */
const struct option_group debug_options = OPTION_GROUP(TITLE_DIAGNOSTICS, debug_rows);

/* [ADDR:]PORT, IPv6 in brackets. */
static int parse_address(const struct setting *s, struct debug_spec *ret, struct error *err)
{
    const char *value = s->value;
    static const char loopback[] = "127.0.0.1";
    const char *colon = strrchr(value, ':');
    unsigned port;
    if (parse_count(colon ? colon + 1 : value, 1, UINT16_MAX, &port, err) < 0)
        return error_wrap(err, "%s %s: the port", s->origin, value);
    ret->port = (uint16_t)port;
    if (net_address_parse_host(colon ? value : loopback,
                               colon ? (size_t)(colon - value) : strlen(loopback), &ret->address))
        return 0;
    return error_set(err, "%s '%s' is neither [ADDRESS:]PORT nor the path of a socket", s->origin,
                     value);
}

int debug_spec_resolve(const struct request *req, struct debug_spec *ret, struct error *err)
{
    const struct setting *gdb = request_setting(req, OPTION_GDB);
    ret->gdb = gdb != NULL;
    ret->crash_dump = xstrdup_or_null(request_value(req, OPTION_CRASH_DUMP));
    if (!gdb || !strchr(gdb->value, '/'))
        return gdb ? parse_address(gdb, ret, err) : 0;
    if (unix_socket_check(gdb->value, err) < 0)
        return error_wrap(err, "%s", gdb->origin);
    ret->gdb_path = xstrdup(gdb->value);
    return 0;
}

void debug_spec_free(struct debug_spec *spec)
{
    free(spec->gdb_path);
    free(spec->crash_dump);
    *spec = (struct debug_spec){0};
}
