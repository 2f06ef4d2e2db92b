/*
 * The guest's tree, mounted in vmc's private mount namespace at the container's share/; or the
 * image that the guest mounts itself.
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
    bool read_only; /* the guest only reads it: it has its own overlay */
    int image_fd;   /* owned: rootfs_image.h. Else -1 */
    bool kept;      /* the disk outlives the run: data that the guest has flushed must be on it */
    int disk_fd;    /* --upper disk: the sparse image, unnamed, formatted; owned. Else -1 */
};

#define ROOTFS_INIT                                                                                \
    {                                                                                              \
        .image_fd = -1, .disk_fd = -1                                                              \
    }

/* A root file system, as it lies on the host, and how it is to be shown. */
struct rootfs_source {
    const char *path; /* of a directory, or of an image */
    bool image;
    bool unprivileged; /* the mounts are an ordinary user's */
    enum upper upper;
};

/*
 * Shows it, without a disk for changes: an open image, or a tree at ret->share, which is read-only
 * unless the guest is to write to it. Call after namespaces_enter(). With an id range, root's files
 * appear to belong to the range's root; if the file system cannot do that, the range is released
 * and the layer recorded as missing.
 */
int rootfs_show(const struct rootfs_source *source, const struct container *container,
                struct id_range *ids, struct isolation *isolation, struct rootfs *ret,
                struct error *err);

/* The same for a run, with its disk. */
int rootfs_prepare(const struct vm_spec *spec, const struct container *container,
                   struct id_range *ids, struct isolation *isolation, struct rootfs *ret,
                   struct error *err);
/* Unmounts (the tree is no longer used) and frees. */
void rootfs_free(struct rootfs *rootfs);

#endif
