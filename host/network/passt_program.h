/*
 * Which passt(1) serves --net user: the one that the breeder has built (breeder/passt.sh), or else
 * the host's, if it is new enough. Older ones lose what a connection carries when one side closes
 * its half first, or tell an abort as an end: docs/network.md, which says what the breeder mends.
 */
#ifndef VMC_HOST_NETWORK_PASST_PROGRAM_H
#define VMC_HOST_NETWORK_PASST_PROGRAM_H

#include "common/error.h"

/* The day of the first version that passes the tests. The breeder reads this line, too. */
#define PASST_SINCE 20260728

/*
 * The program's path, owned by the caller. VMC_PASST names another than those above (""; none).
 * NULL: there is none that can be used, and err says why, with the way out.
 */
char *passt_find(struct error *err);

/* For a backend that has no other user network: -1 with err, if there is none that can be used. */
int passt_require(const char *backend, struct error *err);

/*
 * The day in what 'passt --version' prints, as a number like PASST_SINCE: Debian's versions have
 * ...git20260728..., those of passt's own releases 2026_07_28. 0: there is none. Pure.
 */
unsigned passt_version_day(const char *text);

#endif
