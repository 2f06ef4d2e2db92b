/*
 * The container's root: the share of the host (9p, or hostfs), below an overlay of the guest's own
 * or as it is; or an image (erofs on a disk), below such an overlay. The agent builds it; the
 * container's first process makes it its root. A hosted agent (hosted.h) finds share and volumes
 * mounted at their places already.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_ROOTFS_H
#define VMC_GUEST_AGENT_CONTAINER_ROOTFS_H

#include "common/container_config.h"
#include "common/error.h"

/*
 * Mounts all of the root that every copy of a guest shares. The container's first process is made
 * before the rest of it is: what the agent mounts from here on is visible to processes that are
 * cloned after this and call rootfs_follow(), and what they mount stays private to them.
 * mount_namespaces(7), "Shared subtrees".
 */
int rootfs_prepare(const struct container_shape *shape, struct error *err);
int rootfs_follow(struct error *err);

/* Mounts the host's tree where rootfs_build() expects it; a hosted agent has it there already. */
int rootfs_mount_share(const struct agent_config *config, struct error *err);

/* Mounts the root at its place in the agent's tree. */
int rootfs_build(const struct agent_config *config, struct error *err);

/* Mounts the shares that volumes lie in, each at volumes/TAG in the agent's tree. */
int rootfs_mount_volumes(const struct agent_config *config, struct error *err);

/*
 * In a mount namespace of its own: makes the container's root this process's root with
 * pivot_root(2). *ret_old, owned by the caller, leads to the agent's tree until rootfs_leave().
 */
int rootfs_pivot(int *ret_old, struct error *err);
int rootfs_leave(int old, struct error *err);

/* When this returns, everything that was written is on the host, or on the disk. */
int rootfs_sync(const struct agent_config *config, struct error *err);

#endif
