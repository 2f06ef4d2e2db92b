/*
 * File systems of the guest's own kernel in the container: --tmpfs, --shm-size, --usedev,
 * --debugfs. (Directories of the host are volumes.)
 */
#ifndef VMC_HOST_SPEC_MOUNTS_H
#define VMC_HOST_SPEC_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"
#include "host/cli/request.h"

struct tmpfs_spec {
    char *target;  /* owned, absolute */
    uint64_t size; /* bytes; 0: half of the machine's memory, tmpfs(5) */
    unsigned mode, uid, gid;
    bool read_only, exec;
};

struct mount_spec {
    struct tmpfs_spec *tmpfs; /* owned */
    size_t tmpfs_count;
    uint64_t shm_size; /* bytes; 0: the default, 64m */
    bool usedev;       /* /dev is the kernel's own devtmpfs */
    bool debugfs;
    bool tracefs;
};

int mounts_resolve(const struct request *req, uint64_t memory, struct mount_spec *ret,
                   struct error *err);
/* Adds them to the agent's list. */
void mounts_fill(const struct mount_spec *spec, struct mount_list *ret);
void mount_spec_free(struct mount_spec *spec);

/* Adds one, with a copy of target; the caller fills the rest of it before adding the next. */
struct mount_config *mount_list_add(struct mount_list *list, enum mount_kind kind,
                                    const char *target);

#endif
