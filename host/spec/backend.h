/*
 * The command line of a backend that has an option of its own (--host, --uml): which options do not
 * apply to it, which values it does not support, and which layer enforces the ones that differ.
 */
#ifndef VMC_HOST_SPEC_BACKEND_H
#define VMC_HOST_SPEC_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "host/cli/request.h"
#include "host/spec/spec.h"

struct moot_option {
    enum option_id id;
    const char *reason; /* a clause: "there is no machine" */
};

struct backend_spec {
    enum option_id option;
    enum backend backend;
    const struct moot_option *moot;
    size_t moot_count;
    /* The container has a network namespace besides the agent's, which keeps an interface's end. */
    bool (*netns)(const struct vm_spec *spec);
    /* The layer that enforces the option, if it differs from a QEMU machine's; else NULL. Pure. */
    const char *(*layer)(enum option_id id);
    /* Memory, processors and the like; only what differs has been left out before. */
    int (*resolve)(const struct request *req, struct vm_spec *spec, struct error *err);
    /* Refuses values that it does not support, in a spec that is otherwise resolved. */
    int (*check)(const struct backend_spec *backend, const struct vm_spec *spec, struct error *err);
};

/*
 * What no backend but QEMU's takes, for their checks: programs of another architecture, an image, a
 * cache of a volume, a network that is a tap interface. no_tap: a clause.
 */
int backend_spec_check_native(const struct backend_spec *backend, const struct vm_spec *spec,
                              const char *no_tap, struct error *err);

/*
 * The one that the command line asks for; NULL: the default, which is QEMU. This and the next are
 * answered by the one list of backends, backend/backends.c.
 */
const struct backend_spec *backend_spec_find(const struct request *req);

/* That of a resolved spec; NULL: none has an option of its own. */
const struct backend_spec *backend_spec_of(enum backend backend);

/* For a spec that is otherwise resolved: it runs on this backend. */
void backend_spec_take(const struct backend_spec *backend, struct vm_spec *spec);

/* Why the option means nothing with it; NULL if it does. Pure. */
const char *backend_spec_refusal(const struct backend_spec *backend, enum option_id id);

/* Refuses such options. Pure. */
int backend_spec_check_options(const struct backend_spec *backend, const struct request *req,
                               struct error *err);

#endif
