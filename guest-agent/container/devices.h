/*
 * Devices that the configuration names by their path in the machine.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_DEVICES_H
#define VMC_GUEST_AGENT_CONTAINER_DEVICES_H

#include "common/container_config.h"
#include "common/error.h"

/*
 * Looks up the number and mode of each device with a "source" in the machine's own /dev
 * (devtmpfs), and adds a rule that allows it where the shape has rules.
 */
int devices_resolve(struct container_shape *shape, struct error *err);

#endif
