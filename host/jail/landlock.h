/*
 * A Landlock rule set for what a jailed hypervisor may write to by name, landlock(7). A read-only
 * mount protects files, but not the fifos and devices of the host's programs in a share.
 */
#ifndef VMC_HOST_JAIL_LANDLOCK_H
#define VMC_HOST_JAIL_LANDLOCK_H

#include "common/error.h"
#include "host/jail/jail.h"

/*
 * From here on this process, which has no_new_privs set, can open for writing, make and remove only
 * files below the jail's writable trees, and its device. For a process in the jail's root. If the
 * kernel lacks Landlock, *ret_missing is the reason, which is not an error.
 */
int jail_landlock_restrict(const struct jail *jail, const char **ret_missing, struct error *err);

#endif
