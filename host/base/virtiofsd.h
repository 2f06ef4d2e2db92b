/*
 * The virtiofsd of this host, which serves shares to QEMU machines (backend/qemu/file_server.h).
 * Two programs have that name, with different options.
 */
#ifndef VMC_HOST_BASE_VIRTIOFSD_H
#define VMC_HOST_BASE_VIRTIOFSD_H

#include <sys/resource.h>

#include "common/error.h"

enum virtiofsd_kind {
    VIRTIOFSD_RUST,
    VIRTIOFSD_QEMU, /* QEMU's own, up to version 7.2 */
};

struct virtiofsd {
    const char *path;
    enum virtiofsd_kind kind;
    rlim_t reserved; /* descriptors that it keeps for itself; it does not start with fewer */
};

/* NULL: none is usable, and err says why, with the way out. */
const struct virtiofsd *virtiofsd_find(struct error *err);

/* The part of that many descriptors that serves the guest's files: 0 if there is no virtiofsd. */
rlim_t virtiofsd_files(rlim_t descriptors);

#endif
