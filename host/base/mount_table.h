/*
 * The file systems mounted below a directory, from proc(5) mountinfo.
 */
#ifndef VMC_HOST_BASE_MOUNT_TABLE_H
#define VMC_HOST_BASE_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct mount_entry {
    char *path; /* owned; real and absolute */
    char *type; /* owned; "ext4", "proc" */
};

/* Zero-initialised is empty. */
struct mount_table {
    struct mount_entry *items;
    size_t count;
};

/* The mounts below path, without one at path itself; parents come first. */
int mount_table_below(const char *path, struct mount_table *ret, struct error *err);
void mount_table_free(struct mount_table *table);

/*
 * Hides the file system mounted at path under an empty read-only tmpfs. A single file mounted there
 * (as container engines do with /etc/hosts) stays, and so does a mount that is already hidden by
 * another.
 */
int mount_cover(const char *path, struct error *err);

/* True for types that show a kernel and its devices as files: they hold no data of the host. */
bool mount_type_is_kernel(const char *type);

#endif
