/*
 * The file systems and device nodes that every container finds in its root.
 */
#ifndef VMC_GUEST_AGENT_POPULATE_H
#define VMC_GUEST_AGENT_POPULATE_H

#include "common/error.h"
#include "guest-agent/config.h"

/* In the current root; old_root is a descriptor of the agent's, whose /dev has all devices. */
int populate(const struct agent_config *config, int old_root, struct error *err);

#endif
