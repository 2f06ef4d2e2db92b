/*
 * Named volumes: directories NAME/data in the "volumes" of the data directory, which outlive the
 * runs that use them. Each run holds a read lock on NAME/lock, a removal a write lock.
 */
#ifndef VMC_HOST_STORE_VOLUME_H
#define VMC_HOST_STORE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/*
 * Makes the volume if there is none. *ret_dir is the directory NAME, in which "data" is the volume;
 * *ret_lock keeps it from being removed. The caller owns both.
 */
int named_volume_use(const char *base, const char *name, int *ret_dir, int *ret_lock,
                     struct error *err);

struct named_volume {
    char *name;
    char *path;
    bool in_use;
};
struct named_volume_list {
    struct named_volume *items;
    size_t count;
};

/* Sorted by name. Free *ret after a failure, too. */
int named_volume_list(const char *base, struct named_volume_list *ret, struct error *err);
void named_volume_list_free(struct named_volume_list *list);

/*
 * Removes the volumes with their contents, or none of them if one does not exist or is in use. Call
 * it as root, or in a user namespace with the caller's ids (namespaces_enter()).
 */
int named_volume_remove(const char *base, char *const *names, size_t count, struct error *err);

#endif
