/*
 * Paths as texts: no file is looked at.
 */
#ifndef VMC_HOST_BASE_PATHS_H
#define VMC_HOST_BASE_PATHS_H

#include <stdbool.h>

/* An absolute path without '.', '..' and double slashes, by its text alone. Owned by the caller. */
char *path_clean(const char *path);

/* True if target is path or below it; both are clean. */
bool path_is_below(const char *target, const char *path);

#endif
