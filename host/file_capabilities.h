/*
 * File capabilities (capabilities(7)) of the programs in a root file system's PATH: what the agent
 * has to set on its own overlay where the share shows none. QEMU's 9p server passes on user
 * attributes and ACLs only, hostfs no attribute at all.
 */
#ifndef VMC_HOST_FILE_CAPABILITIES_H
#define VMC_HOST_FILE_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/util.h"

/* struct vfs_ns_cap_data of <linux/capability.h>, and the one of most files, without its last. */
#define FILE_CAPABILITY_MAX 24
#define FILE_CAPABILITY_SIZE 20

struct file_capability {
    char *path;                          /* owned: absolute, in the root file system */
    uint8_t value[FILE_CAPABILITY_SIZE]; /* of security.capability, revision 2 */
};

struct file_capability_list {
    struct file_capability *items;
    size_t count;
};

/*
 * Those in the directories of PATH, below root, a directory; a directory that two names lead to is
 * looked at once, and no link leads out of root. A capability for a user namespace counts if that
 * namespace's root is who owns the file. What cannot be looked at has none. Filled on success only:
 * file_capabilities_free().
 */
int file_capabilities_find(const char *root, char *const *env, struct file_capability_list *ret,
                           struct error *err);
void file_capabilities_free(struct file_capability_list *list);

#endif
