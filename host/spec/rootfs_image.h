/*
 * A root file system as one file: an erofs image, as 'vmc pack' and mkfs.erofs(1) make them.
 * Documentation/filesystems/erofs.rst; fs/erofs/erofs_fs.h has the superblock.
 */
#ifndef VMC_HOST_SPEC_ROOTFS_IMAGE_H
#define VMC_HOST_SPEC_ROOTFS_IMAGE_H

#include "common/error.h"
#include "host/base/arch.h"

/*
 * Opens one for reading. Fails, and says why, where the guest's kernel could not mount it: not
 * erofs, truncated, compressed. *ret_fd is the caller's. *ret_arch: the architecture in its label,
 * NULL if it has none; may be NULL.
 */
int rootfs_image_open(const char *path, int *ret_fd, const struct arch **ret_arch,
                      struct error *err);

/*
 * Gives a new image, one without a checksum of its superblock, its label: "vmc-ARCH", which
 * blkid(8) shows.
 */
int rootfs_image_label(int fd, const struct arch *arch, struct error *err);

#endif
