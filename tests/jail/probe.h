/*
 * The attempts of the jail's probe.
 */
#ifndef VMC_TESTS_JAIL_PROBE_H
#define VMC_TESTS_JAIL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* One thing to try: a system call with its arguments, or a function. Negative means it failed. */
struct attempt {
    const char *name;
    bool deadly; /* the filter kills the process for it */
    long number;
    long args[6];
    long (*call)(void);
};

/* Set before all_attempts(): the tree that is exported to the guest. */
extern char share_path[1024];

const struct attempt *all_attempts(size_t *ret_count);

#endif
