/*
 * Shared by the two processes that start a jail: vmc (jail.c) and the child that becomes the
 * hypervisor (jail/stages.c).
 */
#ifndef VMC_HOST_JAIL_STAGES_H
#define VMC_HOST_JAIL_STAGES_H

#include "host/jail/mounts.h"

struct jail_rules;

/* What the child inherits from its parent, and the rules of its tenant. */
struct jail_child {
    const struct jail *jail;
    const struct jail_rules *rules;
    const struct jail_mounts *mounts;
    char **argv;
    const int *fds;
    size_t fd_count;
    bool user_namespace; /* it is in its own */
    bool refuse;         /* a required layer is missing */
    int socket;          /* to the parent: SOCK_SEQPACKET */
};

/* A message of the child: a missing layer, a descriptor, or a fatal error. */
struct jail_report {
    int layer; /* enum isolation_layer, or one of these */
    char text[512];
};
#define JAIL_FAILED (-1)
#define JAIL_MEMORY_LISTENER (-2)

/*
 * The parent's one message: the ids are mapped. End of file on its socket means that the program
 * has been executed, or that the child is gone.
 */
#define JAIL_GO 'g'

/* Tells vmc that a layer is missing because of errno: the run goes on unless it is required. */
void jail_lack(struct jail_child *child, enum isolation_layer layer, const char *what);

/* The child's life until exec. */
_Noreturn void jail_child_main(struct jail_child *child);

#endif
