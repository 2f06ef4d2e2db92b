/*
 * File capabilities (capabilities(7)) of the programs in a root file system's PATH: the agent sets
 * them on its own overlay where the share does not show them. QEMU's 9p server passes on only user
 * attributes and ACLs, hostfs no attribute at all.
 */
#ifndef VMC_HOST_BASE_FILE_CAPABILITIES_H
#define VMC_HOST_BASE_FILE_CAPABILITIES_H

#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/util.h"

struct capable_file {
    char *path;                     /* owned: absolute, in the root file system */
    uint8_t value[XATTR_CAPS_SZ_2]; /* of security.capability, <linux/capability.h> */
};

struct capable_files {
    struct capable_file *items;
    size_t count;
};

/*
 * Finds those in the directories of PATH below the directory root; a directory with two names is
 * read once, and no link leads out of root. A capability for a user namespace counts if that
 * namespace's root owns the file. A file that cannot be read counts as having none. Filled only on
 * success: file_capabilities_free().
 */
int file_capabilities_find(const char *root, char *const *env, struct capable_files *ret,
                           struct error *err);
void file_capabilities_free(struct capable_files *list);

#endif
