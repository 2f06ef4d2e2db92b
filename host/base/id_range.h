/*
 * Host ids for one container that root starts: a range of 65536 that no other running container
 * has, far from any account's. Id 0 inside is the first of them on the host, so neither the
 * hypervisor nor a guest's file ever belongs to root.
 */
#ifndef VMC_HOST_BASE_ID_RANGE_H
#define VMC_HOST_BASE_ID_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

#define ID_RANGE_COUNT 65536u

struct id_range {
    uint32_t first; /* 0: none */
    int lock_fd;    /* holds the reservation, which ends with this process in any case */
    int userns_fd;  /* a user namespace with this map, for idmap.h */
};

#define ID_RANGE_INIT                                                                              \
    {                                                                                              \
        .lock_fd = -1, .userns_fd = -1                                                             \
    }

/* Reserves a range. For root. */
int id_range_acquire(struct id_range *ret, struct error *err);

/* The first id of the range that id belongs to, as files written by a guest do. 0: no range. */
uint32_t id_range_of(uid_t id);

/* Accepts one that was never acquired, or has already been released. */
void id_range_release(struct id_range *range);

#endif
