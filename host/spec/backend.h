/*
 * What a backend supports of the command line: which options it honours is in their rows (.on);
 * here is why it refuses the others, which values it does not support, and which layer enforces the
 * ones that differ.
 */
#ifndef VMC_HOST_SPEC_BACKEND_H
#define VMC_HOST_SPEC_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "host/cli/request.h"
#include "host/spec/spec.h"

struct refusal {
    enum option_id id;
    const char *reason; /* a clause: "there is no machine" */
};

struct backend_spec {
    enum option_id option; /* the one that asks for it */
    enum backend backend;
    unsigned on; /* its bit in option.on */
    /* One for each option without that bit, and for no other: held by
     * tests/unit/host/backend_test.c. */
    const struct refusal *refusals;
    size_t refusal_count;
    /* The container has its own network namespace; the agent's keeps one end of the interface. */
    bool (*netns)(const struct vm_spec *spec);
    /* The layer that enforces the option, where it differs from the one in its row; else NULL.
     * Pure. */
    const char *(*layer)(enum option_id id);
    /* Memory, processors and the like; only what differs has been left out before. */
    int (*resolve)(const struct request *req, struct vm_spec *spec, struct error *err);
    /* Refuses values that it does not support, in a spec that is otherwise resolved. */
    int (*check)(const struct backend_spec *backend, const struct vm_spec *spec, struct error *err);
};

/*
 * Refuses what only QEMU machines support: programs of another architecture, an image, a volume's
 * cache mode, a network that is a tap interface. no_tap: the reason, a clause.
 */
int backend_spec_check_native(const struct backend_spec *backend, const struct vm_spec *spec,
                              const char *no_tap, struct error *err);

/* For backends with nothing special here. */
bool backend_spec_no_netns(const struct vm_spec *spec);
const char *backend_spec_same_layer(enum option_id id);
int backend_spec_check_nothing(const struct backend_spec *backend, const struct vm_spec *spec,
                               struct error *err);

/*
 * The one that the command line asks for, else QEMU's. This and the next are answered by the one
 * list of backends, backend/backends.c.
 */
const struct backend_spec *backend_spec_find(const struct request *req);
const struct backend_spec *backend_spec_of(enum backend backend);

/* Why it does not honour the option; NULL if it does. Pure. */
const char *backend_spec_refusal(const struct backend_spec *backend, const struct option *option);

/* Refuses such options. Pure. */
int backend_spec_check_options(const struct backend_spec *backend, const struct request *req,
                               struct error *err);

#endif
