/*
 * Things that every run needs and a host may refuse, and the cause of the refusal: containers,
 * chroots, system call filters, security modules, sysctls.
 */
#ifndef VMC_HOST_BASE_RESTRICTIONS_H
#define VMC_HOST_BASE_RESTRICTIONS_H

#include "common/error.h"

/*
 * Checks /proc, /dev/null and system calls that may be newer than a container engine's filter.
 * Fails with the first that is missing and the way out; makes nothing.
 */
int restrictions_check(struct error *err);

/*
 * As error_errno(), for a refusal while making or using a namespace: adds the cause and the way
 * out, if they can be seen. Returns -1.
 */
int restrictions_explain(struct error *err, const char *what);

#endif
