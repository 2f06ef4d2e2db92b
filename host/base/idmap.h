/*
 * Id maps: user namespaces made for their map alone, mounts that show files under other ids, and
 * work done as a container's root instead of the host's. user_namespaces(7), mount_setattr(2).
 */
#ifndef VMC_HOST_BASE_IDMAP_H
#define VMC_HOST_BASE_IDMAP_H

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* A user namespace with id 0 to 65535 mapped to first and up. No process is in it. */
int idmap_userns(uint32_t first, int *ret_fd, struct error *err);

/*
 * Gives process pid, in a new user namespace and waiting, the map of 65536 ids from first; with
 * first 0, the ids of this process's own namespace, unchanged.
 */
int idmap_process(pid_t pid, uint32_t first, struct error *err);

/*
 * Makes a mount show each file under the ids that the user namespace maps its owner to: a file of
 * root's belongs to the container's root. tree_fd is a mount nobody has attached yet, as
 * open_tree(2) with OPEN_TREE_CLONE gives. An error where the file system cannot do that.
 */
int idmap_tree(int tree_fd, int userns_fd, struct error *err);

/*
 * Runs body(arg) in a child that is root of the user namespace and nothing elsewhere, in a mount
 * namespace of its own, and returns what body returned. The child has a copy of this process's
 * memory but shares its descriptors: one that body opens and returns is the caller's, and it must
 * close all others. enter(arg), if not NULL, runs before, still with this process's ids and without
 * its capabilities. A negative result means failure, and the error in the child is this function's.
 */
int idmap_run(int userns_fd, int (*enter)(void *arg, struct error *err),
              int (*body)(void *arg, struct error *err), void *arg, struct error *err);

#endif
