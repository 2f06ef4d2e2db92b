/*
 * The namespaces vmc itself enters: a private mount namespace always, and a user namespace when
 * it runs without privileges, so that it may mount and own the container's ids.
 * user_namespaces(7), mount_namespaces(7).
 */
#ifndef VMC_HOST_BASE_USERNS_H
#define VMC_HOST_BASE_USERNS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

/* True for the host's root; false for root of a user namespace, as in rootless containers. */
bool am_host_root(void);

/* The owner of our own files outside: for root of a user namespace, the user who made it. */
uid_t uid_outside(void);

/*
 * Moves the calling (single-threaded) process into its own mount namespace with private
 * propagation; if unprivileged, into a user namespace first, in which the caller is root.
 *
 * Id map of that namespace: 0 is the caller; 1 and up are the subordinate ids that /etc/subuid and
 * /etc/subgid give the caller, if newuidmap(1) is installed. Without them the caller's own id is
 * the only one, and others' files belong to "nobody".
 */
int namespaces_enter(bool unprivileged, struct error *err);

#endif
