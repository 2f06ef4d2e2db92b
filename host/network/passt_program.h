/*
 * Which passt(1) serves --net user: the one that the breeder has built (breeder/passt.sh), or else
 * the host's, if it is new enough. Older ones lose data when one side closes its half of a
 * connection first, or report an abort as an ordinary end: docs/network.md, which lists the faults
 * that the breeder fixes.
 */
#ifndef VMC_HOST_NETWORK_PASST_PROGRAM_H
#define VMC_HOST_NETWORK_PASST_PROGRAM_H

#include "common/error.h"

/* The day of the first version that passes the tests. The breeder reads this line, too. */
#define PASST_SINCE 20260728

/*
 * The program's path, owned by the caller. VMC_PASST names another ("": none). NULL: none is
 * usable, and err says why, with the way out.
 */
char *passt_find(struct error *err);

/* For a backend that has no other user network: -1 with err if none is usable. */
int passt_require(const char *backend, struct error *err);

/*
 * The date in the output of 'passt --version', as a number like PASST_SINCE: Debian's versions have
 * ...git20260728..., passt's own releases 2026_07_28. 0: there is none. Pure.
 */
unsigned passt_version_day(const char *text);

#endif
