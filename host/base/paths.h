/*
 * Paths as texts: no file is opened or examined.
 */
#ifndef VMC_HOST_BASE_PATHS_H
#define VMC_HOST_BASE_PATHS_H

#include <stdbool.h>

/*
 * An absolute path without '.', '..' and double slashes, from its text only. Owned by the caller.
 */
char *path_clean(const char *path);

/* True if target is path or below it; both are clean. */
bool path_is_below(const char *target, const char *path);

#endif
