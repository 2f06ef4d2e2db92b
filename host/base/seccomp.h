/*
 * The common part of the jails' filters: seccomp(2), through libseccomp. Functions return 0, or a
 * negative error number from libseccomp.
 */
#ifndef VMC_HOST_BASE_SECCOMP_H
#define VMC_HOST_BASE_SECCOMP_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/*
 * A filter for a process that has no_new_privs set, with an action for all calls without a rule.
 * Programs of another architecture are killed. NULL: err says why.
 */
scmp_filter_ctx seccomp_filter_new(uint32_t action, struct error *err);

/* A rule without conditions for each call; calls that this architecture lacks are skipped. */
int seccomp_filter_add(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count);

/* A call with these values of one argument, which the kernel takes as 32 bits. */
int seccomp_filter_add_values(scmp_filter_ctx filter, int call, unsigned argument,
                              const unsigned long *values, size_t count);

/*
 * The calls of a multithreaded program: makes threads, but no namespaces; reads limits, but sets
 * none.
 */
int seccomp_filter_allow_threads(scmp_filter_ctx filter);

/* The one program that can still be executed, open at exec_fd: jail/seccomp_hypervisor.h. */
int seccomp_filter_allow_exec(scmp_filter_ctx filter, int exec_fd);

/*
 * Loads the filter if the result is 0, and frees it: the last step of loading, like the next
 * function.
 */
int seccomp_filter_load(scmp_filter_ctx filter, int result, struct error *err);

/* Converts a result to this program's convention: 0, or -1 with errno and "WHAT: reason". */
int seccomp_filter_result(int result, const char *what, struct error *err);

#endif
