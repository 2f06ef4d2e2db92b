/*
 * The mounts of a jail: vmc opens them, detached and with its own rights, for the child that
 * attaches them (jail/root.h) and could no longer open them.
 */
#ifndef VMC_HOST_JAIL_MOUNTS_H
#define VMC_HOST_JAIL_MOUNTS_H

#include "host/jail/jail.h"

struct jail_mounts {
    int *files; /* one for each of the jail's files */
    int *trees; /* and for each tree; the child opens an agent's */
    int device; /* or -1 */
    int *nodes; /* one for each device of an agent */
};

/* Close *ret with jail_mounts_close() also after a failure. */
int jail_mounts_open(const struct jail *jail, struct jail_mounts *ret, struct error *err);
void jail_mounts_close(const struct jail *jail, struct jail_mounts *mounts);

/* A new mount of a tree, not attached yet, with the rights that the tenant has to it. */
int jail_open_tree(const struct jail *jail, const struct jail_tree *tree, int *ret_fd,
                   struct error *err);

#endif
