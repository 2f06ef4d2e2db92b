/*
 * The names of resource limits, as prlimit(1) and container engines write them.
 */
#ifndef VMC_COMMON_RLIMITS_H
#define VMC_COMMON_RLIMITS_H

#include <sys/resource.h>

/* By the numbers of setrlimit(2); every one has a name. */
extern const char *const rlimit_names[RLIM_NLIMITS];

#endif
