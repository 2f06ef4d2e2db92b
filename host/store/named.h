/*
 * Named things that outlive the runs that use them: directories NAME in a directory of their kind,
 * below the data directory. Each has a lock file; a lock is held by the open file description, so
 * it ends when no process has that open any more (fcntl(2), "Open file description locks").
 */
#ifndef VMC_HOST_STORE_NAMED_H
#define VMC_HOST_STORE_NAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/util.h"

struct named_kind {
    const char *directory; /* in the data directory (base/directories.h) */
    const char *what;      /* in errors: "volume" */
    const char *lock;      /* the file NAME/lock */
};

/*
 * Opens NAME and takes its lock: F_RDLCK to share it with others, F_WRLCK to have it to itself.
 * Makes NAME and its lock file if there are none. The directory of the kind is closed to all other
 * users, so that they cannot run a set-user-ID file that a guest leaves in it. The caller owns
 * *ret_dir and *ret_lock. Errors say what is in use or being removed.
 */
int named_use(const struct named_kind *kind, const char *base, const char *name, short lock_type,
              int *ret_dir, int *ret_lock, struct error *err);

/*
 * All valid names of a kind (base/object_name.h), sorted. *ret_parent is the directory of the kind,
 * owned by the caller; -1: there is none yet.
 */
int named_list(const struct named_kind *kind, const char *base, int *ret_parent,
               struct strings *ret, struct error *err);

/* True if the lock of NAME in parent is held. */
bool named_in_use(const struct named_kind *kind, int parent, const char *name);

/*
 * Removes all of them with everything in them, or none if one does not exist or is in use. A
 * removal that was interrupted is finished by the next one of that name. Files of other ids need
 * root, or a user namespace that has these ids.
 */
int named_remove(const struct named_kind *kind, const char *base, char *const *names, size_t count,
                 struct error *err);

#endif
