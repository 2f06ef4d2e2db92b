/*
 * Building the container from inside: called by its first process, which is in new namespaces
 * already (clone3(2)) and still has the agent's root.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_CONTAINER_H
#define VMC_GUEST_AGENT_CONTAINER_CONTAINER_H

#include "common/container_config.h"
#include "common/error.h"
#include "guest-agent/container/populate.h"

/* What needs only the shape: the cgroup namespace, the loopback, file systems for places. */
int container_prepare(const struct container_shape *shape, struct places *ret, struct error *err);

/*
 * Root (pivot_root(2)), file systems, devices, volumes, provided files, host name, network of a
 * namespace of its own, sysctls. The agent's file systems are out of reach afterwards.
 */
int container_enter(const struct agent_config *config, struct places *places, struct error *err);

/*
 * What must come last, since it prevents further changes: masked and read-only paths.
 */
int container_seal(const struct agent_config *config, struct error *err);

#endif
