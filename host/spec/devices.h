/*
 * Devices of the guest's kernel in the container: --device, and which of all devices may be used.
 */
#ifndef VMC_HOST_SPEC_DEVICES_H
#define VMC_HOST_SPEC_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/container_config.h"
#include "common/error.h"
#include "host/cli/request.h"

/* Each has a path, its source, which is below /dev of the guest's kernel, and an access. */
int devices_resolve(const struct request *req, struct device_list *ret, struct error *err);

/* checked: only the default devices and those of the list may be used. */
void devices_fill(const struct device_list *list, bool checked, struct container_shape *ret);
void device_list_free(struct device_list *list);

#endif
