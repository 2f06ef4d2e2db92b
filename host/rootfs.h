/*
 * The tree the guest sees, mounted in vmc's private mount namespace at the container's share/.
 */
#ifndef VMC_HOST_ROOTFS_H
#define VMC_HOST_ROOTFS_H

#include "common/error.h"
#include "host/id_range.h"
#include "host/isolation.h"
#include "host/spec.h"
#include "host/state.h"

struct rootfs {
    char *share;    /* owned: path of the mount point */
    bool read_only; /* the guest only reads it: its overlay is its own */
    bool kept;      /* the disk outlives the run: what the guest has flushed has to be on it */
    int disk_fd;    /* --upper disk: the sparse image, unnamed, formatted; owned. Else -1 */
};

#define ROOTFS_INIT                                                                                \
    {                                                                                              \
        .disk_fd = -1                                                                              \
    }

/*
 * Call after namespaces_enter(). With an id range, files of root's are shown as the range's root's;
 * where the file system cannot do that, the range is given up and the layer noted as missing.
 */
int rootfs_prepare(const struct vm_spec *spec, const struct container *container,
                   struct id_range *ids, struct isolation *isolation, struct rootfs *ret,
                   struct error *err);
/* Unmounts (nobody uses the tree any more) and frees. */
void rootfs_free(struct rootfs *rootfs);

#endif
