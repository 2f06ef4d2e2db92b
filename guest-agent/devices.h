/*
 * Devices that the configuration names by their path in the machine.
 */
#ifndef VMC_GUEST_AGENT_DEVICES_H
#define VMC_GUEST_AGENT_DEVICES_H

#include "common/error.h"
#include "guest-agent/config.h"

/*
 * Looks up the number and mode of each device with a "source" in the machine's own /dev
 * (devtmpfs), and adds a rule that allows it where the shape has rules.
 */
int devices_resolve(struct container_shape *shape, struct error *err);

#endif
