/*
 * What the container inside the guest is: its rights and its view of the kernel. Resolved from the
 * command line by spec_resolve(); the agent applies it (guest-agent/config.h).
 */
#ifndef VMC_HOST_CONTAINER_SPEC_H
#define VMC_HOST_CONTAINER_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "host/cli.h"

struct json_object;

struct container_spec {
    uint64_t capabilities; /* the bounding set, bit n is capability n of capabilities(7) */
    bool privileged;
    bool no_new_privs;
    bool read_only;
    bool no_init;
    bool netns;
    bool userns;
    uint64_t memory_max; /* bytes; 0: none */
    uint64_t pids_max;   /* 0: none */
};

/* memory: of the machine, in bytes. */
int container_resolve(const struct request *req, uint64_t memory, struct container_spec *ret,
                      struct error *err);

/* Adds its keys to the agent's configuration. */
void container_config(const struct container_spec *spec, struct json_object *config);

#endif
