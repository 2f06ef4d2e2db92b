/*
 * Mounting with the descriptor-based calls of Linux 5.2: fsopen(2), fsconfig(2), fsmount(2),
 * move_mount(2). Unlike mount(2) they pass options of any length and say what was wrong.
 */
#ifndef VMC_GUEST_AGENT_MOUNTS_H
#define VMC_GUEST_AGENT_MOUNTS_H

#include "common/error.h"

struct mount_option {
    const char *key;
    const char *value; /* NULL: a flag */
};

/*
 * Mounts a new file system on target, which exists. options end with {NULL}; attributes are
 * MOUNT_ATTR_* of mount_setattr(2).
 */
int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
              const char *target, struct error *err);

/* The same after making the target directory if it is missing. */
int mount_on_directory(const char *type, const struct mount_option *options, unsigned attributes,
                       const char *target, struct error *err);

#endif
