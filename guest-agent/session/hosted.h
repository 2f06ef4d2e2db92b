/*
 * A hosted container: one on the kernel of a host, with no machine around it. The agent is process
 * 1 of namespaces that its caller has made (user, mount, pid, network and the others), root of that
 * user namespace, without privileges outside, in a root directory that holds
 *
 *   /share         the root file system, read-only, where an overlay goes on top of it; else
 *   /root          the root file system itself
 *   /volumes/TAG   the volumes
 *   /proc, /sys    unmasked: a user namespace can mount its own only where such ones are mounted
 *   /dev           the devices of every container, since a user namespace cannot make nodes
 *
 * Clock, random numbers, swap and control groups are the host's: the agent sets nothing in the
 * kernel.
 */
#ifndef VMC_GUEST_AGENT_SESSION_HOSTED_H
#define VMC_GUEST_AGENT_SESSION_HOSTED_H

#include "common/container_config.h"
#include "common/error.h"

/*
 * Makes the interface that the configuration names, in the agent's own network namespace:
 * session/frames_process.h, which takes over the descriptor.
 */
int hosted_prepare(const struct agent_config *config, int frames, struct error *err);

#endif
