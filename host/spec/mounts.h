/*
 * File systems of the guest's own kernel in the container: --tmpfs, --shm-size, --usedev,
 * --debugfs. (Directories of the host are volumes.)
 */
#ifndef VMC_HOST_SPEC_MOUNTS_H
#define VMC_HOST_SPEC_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "host/cli/request.h"

struct json_object;

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
/* Adds to config's list "mounts", which is there already. */
void mounts_config(const struct mount_spec *spec, struct json_object *config);
void mount_spec_free(struct mount_spec *spec);

#endif
