/*
 * The names a container knows: --dns, --dns-search, --dns-option, --add-host. The files that are
 * made of them: guest/name_files.h.
 */
#ifndef VMC_HOST_SPEC_NAMES_H
#define VMC_HOST_SPEC_NAMES_H

#include <stdbool.h>

#include "common/error.h"
#include "common/util.h"
#include "host/cli/request.h"
#include "host/spec/network.h"

/* In --add-host, for the address of the guest's gateway. */
#define HOST_GATEWAY "host-gateway"

struct names_spec {
    struct strings dns;     /* addresses; none: the network's own */
    struct strings search;  /* domains; none: the host's */
    struct strings options; /* none: the host's */
    struct strings hosts;   /* "NAME=ADDR", ADDR may be host-gateway */
};

int names_resolve(const struct request *req, const struct network_spec *network,
                  struct names_spec *ret, struct error *err);
void names_spec_free(struct names_spec *spec);

#endif
