/*
 * For checks that start something as a run does: in a child, in the namespaces and with the ids of
 * a run, with a container's directory.
 */
#ifndef VMC_HOST_CHECK_START_H
#define VMC_HOST_CHECK_START_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "host/base/id_range.h"
#include "host/spec/spec.h"
#include "host/store/container.h"

/* The surroundings of such a start. All borrowed. */
struct check_place {
    const struct container *container;
    const struct id_range *ids; /* without a range: those_missing */
    const char *those_missing;  /* why there is none, for checks that can do without */
    bool privileged;            /* vmc is the host's root */
};

/* The start itself, in the child: its standard output is the result. */
typedef int check_body(const struct check_place *place, void *arg, struct error *err);

/*
 * Runs body(place, arg) there, for at most timeout ns. *ret_output (owned) is its output. -1 with
 * its error. Nothing is left behind.
 */
int check_start(check_body *body, void *arg, int64_t timeout, char **ret_output, struct error *err);

/* What 'vmc run OPTION --net none true' asks for: of --uml, or --host. *ret is for spec_free(). */
int check_spec(const char *option, struct vm_spec *ret, struct error *err);

#endif
