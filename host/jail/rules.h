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
     * It makes and locks up a container: it gets neither filter nor limits, takes its trees from
     * its own namespace, runs programs in them, and must have a user namespace.
     */
    bool trusted;
    mode_t umask;
    rlim_t descriptors;             /* RLIMIT_NOFILE, unless the hard limit is lower */
    unsigned long personality;      /* at exec, personality(2) */
    const char *const *environment; /* in addition to the common variables, NULL-terminated */
    /* Its root directory, apart from files, trees and devices. */
    int (*attach)(struct jail_child *child, int root, struct error *err);
    /* Capabilities in its own user namespace: to read its trees, and to write to them. */
    struct jail_capabilities reading, writing;
    unsigned long securebits; /* capabilities(7), where it writes */
    /* Its filter, the last stage; NULL if it is trusted. */
    int (*load_filter)(const struct jail_needs *needs, int program, struct error *err);
};

const struct jail_rules *jail_rules(enum jail_tenant tenant);

/*
 * In vmc: the number of descriptors of a tenant, by its rule or the hard limit if that is lower.
 * The first number beyond it is for the program to be executed.
 */
rlim_t jail_descriptors(enum jail_tenant tenant);

/* In vmc: JAIL_MEMORY_NUMBER in a hypervisor's jail. */
int jail_memory_number(void);

#endif
