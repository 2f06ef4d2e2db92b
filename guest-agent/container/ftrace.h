/*
 * The script of --ftrace: run by busybox' shell, as root in the guest's first namespaces, with
 * the kernel's tracing files (Documentation/trace/ftrace.rst) as its working directory.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_FTRACE_H
#define VMC_GUEST_AGENT_CONTAINER_FTRACE_H

#include "common/error.h"

/*
 * Returns when the script has ended. A status other than 0 is an error, which has the script's
 * last words, and so is half a minute without an end.
 */
int ftrace_run(const char *script, struct error *err);

#endif
