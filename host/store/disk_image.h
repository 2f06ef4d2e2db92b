/*
 * Sparse images of the disks that a machine gets for the time of a run.
 */
#ifndef VMC_HOST_STORE_DISK_IMAGE_H
#define VMC_HOST_STORE_DISK_IMAGE_H

#include <stdint.h>

#include "common/error.h"

/*
 * An unnamed file (O_TMPFILE) of size bytes in $TMPDIR, else /var/tmp, which is for large files
 * (hier(7)); the private directory is often a tmpfs. It has no name, so nothing can be left
 * behind. The caller owns *ret_fd.
 */
int disk_image_create(uint64_t size, int *ret_fd, struct error *err);

#endif
