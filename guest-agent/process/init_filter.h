/*
 * The system calls that a container's init (init.h) needs; any other one fails with ENOSYS from
 * here on. A process that traces it can make it do no more than this. seccomp(2)
 */
#ifndef VMC_GUEST_AGENT_PROCESS_INIT_FILTER_H
#define VMC_GUEST_AGENT_PROCESS_INIT_FILTER_H

#include "common/error.h"

/* Sets no_new_privs, too. A kernel without seccomp has no filter, and that is not an error. */
int init_filter(struct error *err);

#endif
