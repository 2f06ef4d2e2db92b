/*
 * What a host can lack that no run does without, and who takes it away: containers, chroots,
 * system call filters, security modules, sysctls.
 */
#ifndef VMC_HOST_BASE_RESTRICTIONS_H
#define VMC_HOST_BASE_RESTRICTIONS_H

#include "common/error.h"

/*
 * /proc, /dev/null and the system calls that are newer than a container engine's filter may be.
 * Fails with the first that is missing and what to do; makes nothing.
 */
int restrictions_check(struct error *err);

/*
 * As error_errno(), for what is refused in making or using a namespace: adds who refuses it and
 * what to do, where that can be seen. Returns -1.
 */
int restrictions_explain(struct error *err, const char *what);

#endif
