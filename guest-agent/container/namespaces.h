/*
 * The namespaces of a container, in addition to those of the agent: namespaces(7).
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_NAMESPACES_H
#define VMC_GUEST_AGENT_CONTAINER_NAMESPACES_H

#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"

/*
 * CLONE_NEW* of those that the first process of a container is born in; 0 for a plain process. The
 * cgroup namespace is not among them: made then, its root would be the agent's cgroup
 * (cgroup_namespaces(7)), so that process makes it once it is in its own.
 */
uint64_t namespaces_new(const struct container_shape *shape);

/*
 * Enters those of the container whose first process pidfd is, and its root directory. All but the
 * PID namespace: a process never changes its own, so the caller was born in it.
 */
int namespaces_join(int pidfd, const struct container_shape *shape, struct error *err);

#endif
