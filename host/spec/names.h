/*
 * The names a container knows: --dns, --dns-search, --dns-option, --add-host, and the texts of
 * /etc/resolv.conf, /etc/hosts and /etc/hostname that the agent puts over the root's own.
 */
#ifndef VMC_HOST_SPEC_NAMES_H
#define VMC_HOST_SPEC_NAMES_H

#include <stdbool.h>

#include "common/error.h"
#include "common/util.h"
#include "host/cli/request.h"
#include "host/network/network.h"

struct names_spec {
    struct strings dns;     /* addresses; none: the network's own */
    struct strings search;  /* domains; none: the host's */
    struct strings options; /* none: the host's */
    struct strings hosts;   /* "NAME=ADDR", ADDR may be host-gateway */
};

int names_resolve(const struct request *req, const struct network_spec *network,
                  struct names_spec *ret, struct error *err);
void names_spec_free(struct names_spec *spec);

/*
 * resolv.conf(5), or NULL where the guest has no name server. host_file is the host's own, whose
 * search list and options count unless the spec has some. Owned by the caller, as the others.
 */
char *names_resolv_conf(const struct names_spec *spec, const struct network_guest *guest,
                        const char *host_file);

/* hosts(5). A name with dots is followed by its first part. */
char *names_hosts(const struct names_spec *spec, const struct network_guest *guest,
                  const char *hostname);

#endif
