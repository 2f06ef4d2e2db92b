/*
 * Removes a directory tree that may have hostile contents.
 */
#ifndef VMC_HOST_BASE_REMOVE_TREE_H
#define VMC_HOST_BASE_REMOVE_TREE_H

#include "common/error.h"

/*
 * Removes parent_fd/name and all below it. Symbolic links are removed, never followed; the depth is
 * not limited (subdirectories are moved up before they are emptied, so two descriptors suffice for
 * any tree). A file system mounted in it stays, which is an error. A tree that does not exist is
 * not.
 */
int remove_tree(int parent_fd, const char *name, struct error *err);

/* The same for the contents of the directory open at dir_fd, which stays. */
int remove_contents(int dir_fd, struct error *err);

#endif
