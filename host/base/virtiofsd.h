/*
 * The virtiofsd of this host, which serves shares to QEMU's machines (backend/qemu/file_server.h).
 * Two programs have that name, and take different words.
 */
#ifndef VMC_HOST_BASE_VIRTIOFSD_H
#define VMC_HOST_BASE_VIRTIOFSD_H

#include "common/error.h"

enum virtiofsd_kind {
    VIRTIOFSD_RUST,
    VIRTIOFSD_QEMU, /* QEMU's own, up to version 7.2 */
};

struct virtiofsd {
    const char *path;
    enum virtiofsd_kind kind;
};

/* NULL: none is installed, and err says what installs one. */
const struct virtiofsd *virtiofsd_find(struct error *err);

#endif
