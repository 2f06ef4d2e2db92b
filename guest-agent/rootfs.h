/*
 * The workload's root: the share of the host (9p), below an overlay of the guest's own or as it
 * is, and the file systems that every container finds in it.
 */
#ifndef VMC_GUEST_AGENT_ROOTFS_H
#define VMC_GUEST_AGENT_ROOTFS_H

#include "common/error.h"
#include "guest-agent/config.h"

/*
 * Builds the root and makes it this process's own. The initramfs is out of reach by path
 * afterwards: the new root covers it, and nothing of it stays mounted elsewhere.
 */
int rootfs_enter(const struct agent_config *config, struct error *err);

/* /proc, /sys, /dev, /run, /tmp in the current root, missing directories made. */
int rootfs_populate(struct error *err);

/* Everything that was written is with the host, or on the disk, when this returns. */
int rootfs_sync(struct error *err);

#endif
