/*
 * The private directory of one container: BASE/ID, mode 0700, locked with flock(2) for as long
 * as its vmc lives. BASE is $XDG_RUNTIME_DIR/vmc if that is usable, else /run/vmc for root, else
 * /tmp/vmc-UID.
 *
 *     share/   where the tree is mounted that the guest sees (in a private mount namespace)
 *     upper/ work/   the overlay's, with --upper host
 */
#ifndef VMC_HOST_STORE_CONTAINER_H
#define VMC_HOST_STORE_CONTAINER_H

#include "common/error.h"

struct container {
    char id[13]; /* 12 random hex digits */
    char *base;  /* owned */
    char *dir;   /* owned: BASE/ID */
    int base_fd; /* -1 when there is none */
    int dir_fd;  /* holds the lock */
};

#define CONTAINER_INIT                                                                             \
    {                                                                                              \
        .base_fd = -1, .dir_fd = -1                                                                \
    }

/* Only BASE, which is made where there is none. */
int state_open_base(struct container *c, struct error *err);
void state_close_base(struct container *c);

/* Makes a new container's directory. */
int state_create(struct container *c, struct error *err);

/* A fresh directory of mode 0755 in it; *ret_path is owned by the caller. */
int state_mkdir(const struct container *c, const char *name, char **ret_path, struct error *err);

/*
 * Removes the remains of containers whose vmc is gone (kill -9, power failure): unlocked
 * directories of BASE. Failures are not errors of this run.
 */
void state_sweep(const struct container *c);

/*
 * Removes the directory and closes the descriptors. Accepts one that is incomplete or already
 * removed.
 */
void state_remove(struct container *c);

#endif
