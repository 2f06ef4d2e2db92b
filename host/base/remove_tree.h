/*
 * Removes a directory tree that somebody else may have filled.
 */
#ifndef VMC_HOST_BASE_REMOVE_TREE_H
#define VMC_HOST_BASE_REMOVE_TREE_H

#include "common/error.h"

/*
 * Removes parent_fd/name and all below it. Symbolic links are removed, never followed; depth is
 * no limit (subdirectories are moved up before they are emptied, so two descriptors suffice for
 * any tree). What is mounted in it is somebody's, and stays: that is an error. A tree that is not
 * there is none.
 */
int remove_tree(int parent_fd, const char *name, struct error *err);

/* The same for all that is in the directory open at dir_fd, which stays. */
int remove_contents(int dir_fd, struct error *err);

#endif
