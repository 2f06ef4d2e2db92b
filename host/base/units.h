/*
 * Numbers with units, as people type them. Strict: the whole text must be one of the forms,
 * no sign, no blanks, nothing that overflows. Errors name the text and the forms.
 */
#ifndef VMC_HOST_BASE_UNITS_H
#define VMC_HOST_BASE_UNITS_H

#include <stdint.h>

#include "common/error.h"

/*
 * A size in bytes: "1048576", "512m", "2G", "64KiB". A plain number counts bytes, as with
 * docker; b, k, m, g, t in either case are powers of 1024, and "B" or "iB" may follow.
 */
int parse_size(const char *text, uint64_t *ret_bytes, struct error *err);

/*
 * A duration in nanoseconds: "10" and "10s" are seconds, "500ms", "1.5m", "2h". At most nine
 * decimals. 0 is a duration; whether it makes sense is the caller's business.
 */
int parse_duration(const char *text, int64_t *ret_ns, struct error *err);

/* A whole number from min to max. */
int parse_count(const char *text, unsigned min, unsigned max, unsigned *ret, struct error *err);

#endif
