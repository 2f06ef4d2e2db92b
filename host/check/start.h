/*
 * For checks that start something as a run would: in a child, in the namespaces and with the ids of
 * a run, with a container's directory.
 */
#ifndef VMC_HOST_CHECK_START_H
#define VMC_HOST_CHECK_START_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "host/base/id_range.h"
#include "host/store/container.h"

/* Where such a start is made. All borrowed. */
struct check_place {
    const struct container *container;
    const struct id_range *ids; /* without any: those_missing says why, for who can do without */
    const char *those_missing;
    bool privileged; /* vmc is the host's root */
};

/* The start itself, in the child: what it prints is the output. */
typedef int check_body(const struct check_place *place, void *arg, struct error *err);

/*
 * Runs body(place, arg) there, for at most so many ns. *ret_output (owned) is what it has printed.
 * -1 with what it says went wrong. Nothing is left of it.
 */
int check_start(check_body *body, void *arg, int64_t timeout, char **ret_output, struct error *err);

#endif
