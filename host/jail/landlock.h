/*
 * What a jailed hypervisor may write to by name, as a rule set of Landlock's, landlock(7). A
 * read-only mount keeps files from being changed, and not fifos and devices from being written to:
 * those of the host's programs, in a share.
 */
#ifndef VMC_HOST_JAIL_LANDLOCK_H
#define VMC_HOST_JAIL_LANDLOCK_H

#include "common/error.h"
#include "host/jail/jail.h"

/*
 * From here on this process, which has no_new_privs set, can open for writing, make and remove only
 * what is below the jail's writable trees, and its device. For a process in the jail's root. With
 * *ret_missing not NULL there is none of it: the reason, and no error.
 */
int jail_landlock_restrict(const struct jail *jail, const char **ret_missing, struct error *err);

#endif
