/*
 * What a kernel developer asks for: --gdb and --crash-dump.
 */
#ifndef VMC_HOST_SPEC_DEBUG_H
#define VMC_HOST_SPEC_DEBUG_H

#include "common/error.h"
#include "host/base/net_address.h"
#include "host/cli/request.h"

struct debug_spec {
    bool gdb;                   /* the guest waits for a debugger */
    char *gdb_path;             /* owned: of a Unix socket; NULL: TCP, as follows */
    struct net_address address; /* of this host, the loopback by default */
    uint16_t port;
    char *crash_dump; /* owned: the file; NULL: none is wanted */
};

int debug_spec_resolve(const struct request *req, struct debug_spec *ret, struct error *err);
void debug_spec_free(struct debug_spec *spec);

#endif
