/*
 * Makes an image of a tree: mkfs.erofs(1).
 */
#ifndef VMC_HOST_ROOTFS_PACK_H
#define VMC_HOST_ROOTFS_PACK_H

#include "common/error.h"
#include "host/base/arch.h"

/*
 * Writes the tree at path into fd, an empty file, and labels it with the architecture. signal_fd
 * comes from signals_open(): one of these signals ends it, which is an error with the status of
 * that signal.
 */
int image_pack(const char *path, const struct arch *arch, int fd, int signal_fd, struct error *err);

#endif
