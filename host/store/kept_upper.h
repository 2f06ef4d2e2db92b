/*
 * Upper layers that outlive their runs (--keep): NAME/upper.img in the directory "kept" of the data
 * directory, an ext4 image that is locked as long as a vmc or a hypervisor has it open, and
 * NAME/rootfs, the path of the tree below it, which is written last: without it the image is not
 * complete.
 */
#ifndef VMC_HOST_STORE_KEPT_UPPER_H
#define VMC_HOST_STORE_KEPT_UPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/*
 * Opens the layer of that name, making it if there is none; size as for upper_disk_create(), but it
 * must match an existing layer's. A layer fits only the tree it was made over. The caller owns
 * *ret_fd.
 */
int kept_upper_open(const char *base, const char *name, const char *rootfs, uint64_t size,
                    int *ret_fd, struct error *err);

struct kept_upper {
    char *name;
    char *rootfs;        /* "": it was never made */
    uint64_t size, used; /* bytes: of the file system, and on the host */
    bool in_use;
};
struct kept_upper_list {
    struct kept_upper *items;
    size_t count;
};

/* Sorted by name. Free *ret after a failure, too. */
int kept_upper_list(const char *base, struct kept_upper_list *ret, struct error *err);
void kept_upper_list_free(struct kept_upper_list *list);

/* Removes all of them, or none if one does not exist or is in use. */
int kept_upper_remove(const char *base, char *const *names, size_t count, struct error *err);

#endif
