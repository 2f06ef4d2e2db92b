/*
 * The sparse image behind --upper disk.
 */
#ifndef VMC_HOST_STORE_UPPER_DISK_H
#define VMC_HOST_STORE_UPPER_DISK_H

#include <stdint.h>

#include "common/error.h"

/* Size of the image when --upper disk gives none: sparse, so it costs what is written. */
#define UPPER_DISK_DEFAULT_SIZE (16ull << 30)

/*
 * An ext4 file system of size bytes (0: the default) in an image of disk_image.h. The caller owns
 * *ret_fd.
 */
int upper_disk_create(uint64_t size, int *ret_fd, struct error *err);

/* Makes the file system in an image that has its size. */
int upper_disk_format(int fd, struct error *err);

#endif
