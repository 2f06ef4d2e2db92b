/*
 * The checks of "vmc info" on the host. Each tries the thing itself, with the code of a run
 * wherever possible; every wait has a deadline, and nothing is left behind.
 */
#ifndef VMC_HOST_CHECK_CHECKS_H
#define VMC_HOST_CHECK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum check_result {
    CHECK_OK,
    CHECK_WARN, /* vmc runs without it, with less function */
    CHECK_FAIL, /* vmc does not run without it */
};

struct check {
    char *name; /* owned, one word */
    enum check_result result;
    char *detail; /* owned, what was found */
    char *advice; /* owned, what to do about it; NULL with CHECK_OK */
};

/* Zero-initialised is empty. */
struct checks {
    struct check *items;
    size_t count;
};

/* Takes ownership of detail and advice; advice may be NULL. */
void checks_add(struct checks *checks, const char *name, enum check_result result, char *detail,
                char *advice);
void checks_free(struct checks *checks);

/* QEMU, its 9p devices and the guest image, of each architecture. */
void check_architectures(struct checks *checks);

/* KVM, and its meaning for the isolation of a run. */
void check_accelerator(struct checks *checks);

/* Runtime directory, user namespaces, subordinate ids, the shared tree, overlayfs. */
void check_host(struct checks *checks);

/* The jail around the hypervisor, by starting one in it. */
void check_jail(struct checks *checks);

/* --host, by starting an agent in its namespaces. */
void check_namespaces(struct checks *checks);

/* --uml, by booting its kernel in a jail. */
void check_uml(struct checks *checks);

/* The needs of --net user and, for root, --net bridge. */
void check_network(struct checks *checks);

#endif
