#include "host/debug_spec.h"

#include <string.h>
#include <sys/un.h>

#include "common/util.h"
#include "host/units.h"

/* [ADDR:]PORT, IPv6 in brackets. */
static int parse_address(const char *value, struct debug_spec *ret, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(value);
    char *colon = strrchr(copy, ':'), *address = copy;
    unsigned port;
    if (colon)
        *colon = '\0';
    if (parse_count(colon ? colon + 1 : copy, 1, UINT16_MAX, &port, err) < 0)
        return error_wrap(err, "--gdb %s: the port", value);
    size_t length = strlen(address);
    if (colon && address[0] == '[' && length > 2 && address[length - 1] == ']') {
        address[length - 1] = '\0';
        address++;
    }
    ret->port = (uint16_t)port;
    if (!net_address_parse(colon ? address : "127.0.0.1", &ret->address))
        return error_set(err, "--gdb '%s' is neither [ADDRESS:]PORT nor the path of a socket",
                         value);
    return 0;
}

int debug_spec_resolve(const struct request *req, struct debug_spec *ret, struct error *err)
{
    const char *gdb = request_value(req, OPTION_GDB);
    const char *dump = request_value(req, OPTION_CRASH_DUMP);
    ret->gdb = gdb != NULL;
    ret->crash_dump = dump ? xstrdup(dump) : NULL;
    if (!gdb || !strchr(gdb, '/'))
        return gdb ? parse_address(gdb, ret, err) : 0;
    if (strlen(gdb) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return error_set(err, "--gdb %s: a socket's path has at most 107 characters, unix(7)", gdb);
    ret->gdb_path = xstrdup(gdb);
    return 0;
}

void debug_spec_free(struct debug_spec *spec)
{
    free(spec->gdb_path);
    free(spec->crash_dump);
    *spec = (struct debug_spec){0};
}
