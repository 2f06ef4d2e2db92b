/*
 * The texts of /etc/resolv.conf and /etc/hosts that the agent puts over the root's own.
 */
#ifndef VMC_HOST_GUEST_NAME_FILES_H
#define VMC_HOST_GUEST_NAME_FILES_H

#include "host/network/network.h"
#include "host/spec/names.h"

/*
 * resolv.conf(5), or NULL where the guest has no name server. host_file is the host's own, whose
 * search list and options apply unless the spec has its own. Owned by the caller, as is the other
 * text.
 */
char *names_resolv_conf(const struct names_spec *spec, const struct network_guest *guest,
                        const char *host_file);

/* hosts(5). A name with dots is followed by its first part. */
char *names_hosts(const struct names_spec *spec, const struct network_guest *guest,
                  const char *hostname);

#endif
