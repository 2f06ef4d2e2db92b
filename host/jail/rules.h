/*
 * What differs from one tenant of a jail to the next, in one table.
 */
#ifndef VMC_HOST_JAIL_RULES_H
#define VMC_HOST_JAIL_RULES_H

#include <stdbool.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "host/jail/stages.h"

struct jail_capabilities {
    const cap_value_t *values;
    size_t count;
};

struct jail_rules {
    /*
     * It makes a container, and locks that up: it gets neither filter nor limits, takes its trees
     * from its own namespace, runs programs in them, and must have a user namespace.
     */
    bool trusted;
    mode_t umask;
    rlim_t descriptors;             /* RLIMIT_NOFILE, where the hard limit is not lower */
    unsigned long personality;      /* that it is executed with, personality(2) */
    const char *const *environment; /* besides what all have, NULL-terminated */
    /* Its root directory, besides files, trees and devices. */
    int (*attach)(struct jail_child *child, int root, struct error *err);
    /* What it keeps in its own user namespace: to read its trees, and to write to them. */
    struct jail_capabilities reading, writing;
    unsigned long securebits; /* capabilities(7), where it writes */
    /* Its filter, the last stage; NULL where it is trusted. */
    int (*load_filter)(const struct jail_needs *needs, int program, struct error *err);
};

const struct jail_rules *jail_rules(enum jail_tenant tenant);

/*
 * In vmc: how many descriptors a tenant can have, its rule or what the hard limit leaves of it. The
 * first number beyond is that of the program to be executed.
 */
rlim_t jail_descriptors(enum jail_tenant tenant);

/* In vmc: JAIL_MEMORY_NUMBER in a hypervisor's jail. */
int jail_memory_number(void);

#endif
