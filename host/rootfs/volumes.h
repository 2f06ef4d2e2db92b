/*
 * Volumes on the host: for each cache mode in use a directory volumes-MODE in the container's
 * private one, in which entry N is a mount of the N-th volume's source. Each directory is one share
 * of the machine.
 */
#ifndef VMC_HOST_ROOTFS_VOLUMES_H
#define VMC_HOST_ROOTFS_VOLUMES_H

#include "common/error.h"
#include "host/base/id_range.h"
#include "host/jail/isolation.h"
#include "host/spec/spec.h"
#include "host/store/container.h"

/* The volumes of one cache mode. */
struct volume_share {
    char *path;     /* owned: the directory; NULL: there are no such volumes */
    bool read_only; /* all in it are */
};

struct volume_source;

/* Zero-initialised is empty. */
struct volumes {
    struct volume_share shares[VOLUME_CACHE_COUNT];
    struct volume_source *sources; /* owned: one for each volume of the spec */
    size_t count;
    bool mapped; /* shown under the ids of the range */
};

/*
 * Opens the sources, making named volumes that do not exist. Call after namespaces_enter() and
 * before rootfs_prepare(): if a file system cannot show its files under the ids of the range, the
 * range is released and the layer recorded as missing.
 */
int volumes_open(const struct vm_spec *spec, struct id_range *ids, struct isolation *isolation,
                 struct volumes *ret, struct error *err);

/*
 * Mounts them. rootfs is the container's tree: with --upper none the mount points have to exist in
 * it. ids may have been released in between.
 */
int volumes_attach(const struct vm_spec *spec, const struct container *container,
                   const struct id_range *ids, const char *rootfs, struct volumes *volumes,
                   struct error *err);

/* Unmounts (they are no longer used) and frees. Accepts incomplete ones. */
void volumes_free(struct volumes *volumes);

#endif
