/*
 * Sparse images of a machine's disks.
 */
#ifndef VMC_HOST_STORE_DISK_IMAGE_H
#define VMC_HOST_STORE_DISK_IMAGE_H

#include <stdint.h>

#include "common/error.h"

/* Size of the image when --upper disk gives none: sparse, so it costs only what is written. */
#define UPPER_DISK_DEFAULT_SIZE (16ull << 30)

/*
 * An unnamed file (O_TMPFILE) of size bytes in $TMPDIR, else /var/tmp, which is for large files
 * (hier(7)); the private directory is often a tmpfs. Without a name it cannot be left behind. The
 * caller owns *ret_fd.
 */
int disk_image_create(uint64_t size, int *ret_fd, struct error *err);

/*
 * The image behind --upper disk: the same, with an ext4 file system of size bytes (0: the default).
 * The caller owns *ret_fd.
 */
int upper_disk_create(uint64_t size, int *ret_fd, struct error *err);

/* Makes the file system in an image that has its size. */
int upper_disk_format(int fd, struct error *err);

#endif
