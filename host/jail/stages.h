/*
 * What the two processes of a jail's start share: vmc (jail.c) and the child that becomes the
 * hypervisor (jail/stages.c).
 */
#ifndef VMC_HOST_JAIL_STAGES_H
#define VMC_HOST_JAIL_STAGES_H

#include "host/jail/jail.h"

/* What vmc has opened for the child, which could not any more. */
struct jail_mounts {
    int *files; /* a detached mount of each of the jail's files */
    int *trees; /* and of each tree; an agent's are opened by the child */
    int device; /* or -1 */
    int *nodes; /* and of each of an agent's devices */
};

struct jail_rules;

/* What the child has of its parent; and the rules of its tenant. */
struct jail_child {
    const struct jail *jail;
    const struct jail_rules *rules;
    const struct jail_mounts *mounts;
    char **argv;
    const int *fds;
    size_t fd_count;
    bool user_namespace; /* it is in one of its own */
    bool refuse;         /* a layer that is required is missing */
    int socket;          /* to the parent: SOCK_SEQPACKET */
};

/* A message of the child: the layer that is missing, a descriptor, or the end of everything. */
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

/* A mount of its own of a tree, attached nowhere yet, with the rights that the tenant has to it. */
int jail_open_tree(const struct jail *jail, const struct jail_tree *tree, int *ret_fd,
                   struct error *err);

/* Tells vmc that a layer is missing, since errno: the run goes on unless it is required. */
void jail_lack(struct jail_child *child, enum isolation_layer layer, const char *what);

/* The child's life until exec. */
_Noreturn void jail_child_main(struct jail_child *child);

#endif
