/*
 * The system calls that a container's init (init.h) lives by; any other one is ENOSYS from here on.
 * Whoever traces it gets no further with it than this. seccomp(2)
 */
#ifndef VMC_GUEST_AGENT_PROCESS_INIT_FILTER_H
#define VMC_GUEST_AGENT_PROCESS_INIT_FILTER_H

#include "common/error.h"

/* Sets no_new_privs, too. A kernel without seccomp has no filter, and that is no error. */
int init_filter(struct error *err);

#endif
