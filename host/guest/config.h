/*
 * The container's shape and the agent's configuration: the JSON that PREPARE and CONFIG frames
 * carry. Pure but for the clock and the random seed. Their reader, common/container_config.h,
 * documents the keys.
 */
#ifndef VMC_HOST_GUEST_CONFIG_H
#define VMC_HOST_GUEST_CONFIG_H

#include "common/protocol.h"
#include "host/base/file_capabilities.h"
#include "host/network/network.h"
#include "host/spec/spec.h"

/*
 * Owned by the caller. Copies of a template have it from the template: equal options give equal
 * text. filter is the spec's, compiled.
 */
char *agent_shape_json(const struct vm_spec *spec, const struct seccomp_filter *filter);

/* Owned by the caller. copy: of a template; hostname is the container's unless the spec has one. */
char *agent_config_json(const struct vm_spec *spec, bool copy, const char *hostname,
                        const struct network_guest *network, const struct window_size *window,
                        const struct capable_files *file_capabilities);

#endif
