/*
 * The agent's configuration: the JSON that CONFIG frames carry. Pure but for the clock and the
 * random seed. Its reader, guest-agent/config.h, documents the keys.
 */
#ifndef VMC_HOST_AGENT_CONFIG_H
#define VMC_HOST_AGENT_CONFIG_H

#include "common/protocol.h"
#include "host/network.h"
#include "host/spec.h"

/* *ret_json is owned by the caller. hostname is the container's unless the spec has one; filter is
 * the compiled one of the spec. */
char *agent_config_json(const struct vm_spec *spec, const char *hostname,
                        const struct seccomp_filter *filter, const struct network_guest *network,
                        const struct window_size *window);

#endif
