/*
 * Where vmc keeps what users asked it to keep: $XDG_DATA_HOME/vmc, else /var/lib/vmc for root, else
 * ~/.local/share/vmc.
 */
#ifndef VMC_HOST_BASE_DATA_DIRECTORY_H
#define VMC_HOST_BASE_DATA_DIRECTORY_H

#include <stdbool.h>

#include "common/error.h"
#include "common/util.h"

/* Its path, owned by the caller; NULL: there is no home directory. Call before namespaces_enter().
 */
char *data_directory(void);

/*
 * Opens the directory of that kind ("volumes") in base, which is what data_directory() gave. With
 * create it is made; without, *ret_fd is -1 if there is none. It is the caller's alone: what a
 * guest leaves in it, set-user-ID files included, is in nobody's reach. The caller owns *ret_fd.
 */
int data_directory_open(const char *base, const char *kind, bool create, int *ret_fd,
                        struct error *err);

/* The names of what is kept in it, sorted: what has no good name (object_name.h) is none of it. */
int data_directory_names(int dir_fd, struct strings *ret, struct error *err);

#endif
