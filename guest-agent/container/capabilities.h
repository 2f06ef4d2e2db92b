/*
 * The five capability sets of a process, capabilities(7), as masks: bit n is capability n.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_CAPABILITIES_H
#define VMC_GUEST_AGENT_CONTAINER_CAPABILITIES_H

#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"

/* Drops from the bounding set all capabilities that are not in bounding. */
int capabilities_bound(int64_t bounding, struct error *err);

/* Makes all permitted capabilities effective. */
int capabilities_raise(struct error *err);

/*
 * Sets the permitted, effective, inheritable and ambient set. What sets asks for and the kernel
 * does not know, or this process may not have any more, is left out of it.
 */
int capabilities_set(const struct capability_sets *sets, struct error *err);

#endif
