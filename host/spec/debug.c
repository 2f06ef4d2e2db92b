#include "host/spec/debug.h"

#include <string.h>

#include "common/util.h"
#include "host/base/units.h"
#include "host/base/unix_socket.h"

/* [ADDR:]PORT, IPv6 in brackets. */
static int parse_address(const char *value, struct debug_spec *ret, struct error *err)
{
    static const char loopback[] = "127.0.0.1";
    const char *colon = strrchr(value, ':');
    unsigned port;
    if (parse_count(colon ? colon + 1 : value, 1, UINT16_MAX, &port, err) < 0)
        return error_wrap(err, "--gdb %s: the port", value);
    ret->port = (uint16_t)port;
    if (net_address_parse_host(colon ? value : loopback,
                               colon ? (size_t)(colon - value) : strlen(loopback), &ret->address))
        return 0;
    return error_set(err, "--gdb '%s' is neither [ADDRESS:]PORT nor the path of a socket", value);
}

int debug_spec_resolve(const struct request *req, struct debug_spec *ret, struct error *err)
{
    const char *gdb = request_value(req, OPTION_GDB);
    const char *dump = request_value(req, OPTION_CRASH_DUMP);
    ret->gdb = gdb != NULL;
    ret->crash_dump = dump ? xstrdup(dump) : NULL;
    if (!gdb || !strchr(gdb, '/'))
        return gdb ? parse_address(gdb, ret, err) : 0;
    if (unix_socket_check(gdb, err) < 0)
        return error_wrap(err, "--gdb");
    ret->gdb_path = xstrdup(gdb);
    return 0;
}

void debug_spec_free(struct debug_spec *spec)
{
    free(spec->gdb_path);
    free(spec->crash_dump);
    *spec = (struct debug_spec){0};
}
