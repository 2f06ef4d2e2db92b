/*
 * Where the time of a run goes (--timing).
 */
#ifndef VMC_HOST_RUN_TIMING_H
#define VMC_HOST_RUN_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/protocol.h"

/* now_ns() readings, 0 where the run did not get that far. */
struct timing {
    int64_t begin;    /* vmc began */
    int64_t jail;     /* all else was ready: making the jail began */
    int64_t exec;     /* the hypervisor was executed in it */
    bool copy;        /* of a template: it did not boot */
    int64_t hello;    /* HELLO came */
    int64_t started;  /* STARTED came */
    int64_t exited;   /* EXIT came */
    int64_t finished; /* all output was written */
    int64_t end;      /* everything was cleaned up */
    struct hello guest_hello;
    struct started guest_started;
};

/* One line per phase on stderr. The guest's own readings are only as trustworthy as the guest. */
void timing_print(const struct timing *t);

#endif
