/*
 * The file systems and device nodes that every container finds in its root.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_POPULATE_H
#define VMC_GUEST_AGENT_CONTAINER_POPULATE_H

#include <stdbool.h>

#include "common/container_config.h"
#include "common/error.h"

#define PLACES_MAX 16

/* File systems that are mounted nowhere yet; -1 where there is none. populate_prepare() sets all.
 */
struct places {
    int mounts[PLACES_MAX]; /* in the order of populate.c's table */
    int dev;                /* /dev, but for the machine's own */
    bool has_nodes;         /* the default devices are in it */
    int files;              /* for provided files */
};

/* Makes them, in the namespaces that they are to show. */
int populate_prepare(const struct container_shape *shape, struct places *ret, struct error *err);

/*
 * Mounts them, and makes the other devices, in the current root; old_root is a descriptor of the
 * agent's, whose /dev has all devices. Closes the descriptors but that for provided files.
 */
int populate(const struct container_shape *shape, struct places *places, int old_root,
             struct error *err);

#endif
