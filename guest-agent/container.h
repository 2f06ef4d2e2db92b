/*
 * Building the container from inside: called by its first process, which is in new namespaces
 * already (clone3(2)) and still has the agent's root.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_H
#define VMC_GUEST_AGENT_CONTAINER_H

#include "common/error.h"
#include "guest-agent/config.h"

/*
 * Waits for the agent's word, then: cgroup namespace, root (pivot_root(2)), file systems, devices,
 * volumes, provided files, host name, network of a namespace of its own, sysctls. The agent's file
 * systems are out of reach afterwards.
 */
int container_enter(const struct agent_config *config, int link, struct error *err);

/* What must come last, since it forbids more of the same: masked and read-only paths. */
int container_seal(const struct agent_config *config, struct error *err);

#endif
