/*
 * The host's name servers, resolv.conf(5).
 */
#ifndef VMC_HOST_BASE_RESOLVER_H
#define VMC_HOST_BASE_RESOLVER_H

#include <stddef.h>

#include "common/util.h"
#include "host/base/net_address.h"

/* The number that the C library uses, MAXNS of <resolv.h>. */
#define RESOLVER_MAX 3

/*
 * Reads the name servers of a resolv.conf(5); those with a scope (fe80::1%eth0) are useless to
 * another host and left out. A file that does not exist has none. Returns their number.
 */
size_t resolver_read(const char *path, struct net_address ret[RESOLVER_MAX]);

/* Adds its search list ("search", "domain": the last line counts) and all its options. */
void resolver_words(const char *path, struct strings *search, struct strings *options);

#endif
