/*
 * A network whose frames come over a byte stream instead of a device: a pair of interfaces, the
 * container's end and one that stays with the agent, and a process that carries frames between that
 * one and the stream.
 */
#ifndef VMC_GUEST_AGENT_SESSION_FRAMES_PROCESS_H
#define VMC_GUEST_AGENT_SESSION_FRAMES_PROCESS_H

#include "common/container_config.h"
#include "common/error.h"

/*
 * Makes the interface that the configuration names, in the agent's own network namespace. stream,
 * taken over, is a connected socket or a line that carries frames behind a 32-bit length, as QEMU's
 * -netdev stream and passt(1) do; -1 with a configuration without a network.
 */
int frames_start(const struct network_config *network, int stream, struct error *err);

#endif
