/*
 * Which capabilities the container has: --privileged, --cap-add, --cap-drop, --nocaps.
 */
#ifndef VMC_HOST_SPEC_CAPABILITIES_H
#define VMC_HOST_SPEC_CAPABILITIES_H

#include <stdint.h>

#include "common/error.h"
#include "host/cli/request.h"

/* Bit n of *ret_mask is capability n of capabilities(7): the bounding set. */
int capabilities_resolve(const struct request *req, uint64_t *ret_mask, struct error *err);

#endif
