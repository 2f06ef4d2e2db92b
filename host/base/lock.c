#include "host/base/lock.h"

#include <errno.h>
#include <poll.h>
#include <sys/file.h>

#include "common/util.h"

/* No event tells that a lock is free: it is tried again at this interval. */
#define INTERVAL_MS 5

int lock_within(int fd, int operation, int64_t deadline)
{
    while (flock(fd, operation | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (now_ns() >= deadline) {
            errno = EWOULDBLOCK;
            return -1;
        }
        poll(NULL, 0, INTERVAL_MS);
    }
    return 0;
}
