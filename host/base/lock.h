/*
 * flock(2) with a deadline, which the kernel's own has not.
 */
#ifndef VMC_HOST_BASE_LOCK_H
#define VMC_HOST_BASE_LOCK_H

#include <stdint.h>

/*
 * operation: LOCK_SH or LOCK_EX. Until the deadline (now_ns() time; one that has passed: one
 * attempt). -1 with errno; EWOULDBLOCK: another process has kept it.
 */
int lock_within(int fd, int operation, int64_t deadline);

#endif
