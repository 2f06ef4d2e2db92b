/*
 * Named volumes: directories NAME/data in the "volumes" of the data directory, which outlive the
 * runs that use them. NAME/lock is locked for reading by each run, and for writing by who removes
 * it.
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

/* Sorted by name. *ret is filled also after a failure. */
int named_volume_list(const char *base, struct named_volume_list *ret, struct error *err);
void named_volume_list_free(struct named_volume_list *list);

/*
 * Removes the volumes with all in them, or none of them where one cannot be removed because it is
 * not there or is in use. For root, or in a user namespace in which the caller is.
 */
int named_volume_remove(const char *base, char *const *names, size_t count, struct error *err);

#endif
