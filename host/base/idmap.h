/*
 * Id maps: user namespaces made only for their map, mounts that show files under other ids, and
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
 * Makes a mount show each file under the ids that the user namespace maps its owner to: root's
 * files belong to the container's root. tree_fd is a mount that is not attached yet, as
 * open_tree(2) returns with OPEN_TREE_CLONE. An error if the file system does not support that.
 */
int idmap_tree(int tree_fd, int userns_fd, struct error *err);

/*
 * Runs body(arg) in a child that is root in the user namespace and has no rights elsewhere, in its
 * own mount namespace, and returns body's result. The child has a copy of this process's memory but
 * shares its descriptors: one that body opens and returns belongs to the caller, and body must
 * close all others. enter(arg), if not NULL, runs before it, still with this process's ids but
 * without its capabilities. A negative result means failure, with the child's error in err.
 */
int idmap_run(int userns_fd, int (*enter)(void *arg, struct error *err),
              int (*body)(void *arg, struct error *err), void *arg, struct error *err);

#endif
