/*
 * The tree the guest sees, mounted in vmc's private mount namespace at the container's share/; or
 * the image that it mounts itself.
 */
#ifndef VMC_HOST_ROOTFS_ROOTFS_H
#define VMC_HOST_ROOTFS_ROOTFS_H

#include "common/error.h"
#include "host/base/id_range.h"
#include "host/jail/isolation.h"
#include "host/spec/spec.h"
#include "host/store/container.h"

struct rootfs {
    char *share;    /* owned: path of the mount point; NULL: there is an image instead */
    bool read_only; /* the guest only reads it: its overlay is its own */
    int image_fd;   /* owned: rootfs_image.h. Else -1 */
    bool kept;      /* the disk outlives the run: what the guest has flushed has to be on it */
    int disk_fd;    /* --upper disk: the sparse image, unnamed, formatted; owned. Else -1 */
};

#define ROOTFS_INIT                                                                                \
    {                                                                                              \
        .image_fd = -1, .disk_fd = -1                                                              \
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
