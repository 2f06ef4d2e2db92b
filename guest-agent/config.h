/*
 * The configuration the host sends in CONFIG frames: one JSON object. Strict: an unknown key, a
 * wrong type, a value out of range or bytes after the object are errors, so that an option that
 * this agent does not know is refused and never dropped.
 *
 *   args      [string, ...]  at least one; argv of the workload
 *   env       ["K=V", ...]   its whole environment
 *   cwd       string         absolute, "/" by default
 *   user      string         name|uid[:group|gid], resolved in the root (user.h)
 *   hostname  string
 *   tty       bool           with rows and columns, 0 = unknown
 *   time_ns   integer        CLOCK_REALTIME to set; 0 or absent leaves the clock
 *   entropy   string         64 hexadecimal digits for the kernel's generator
 *   debug     bool
 *   root      {"upper": "ram"|"disk"|"host"|"none", "size": bytes}; absent: the current root
 *
 * Strings may hold any byte but NUL: arguments and paths need not be UTF-8.
 */
#ifndef VMC_GUEST_AGENT_CONFIG_H
#define VMC_GUEST_AGENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/protocol.h"
#include "common/util.h"

#define ENTROPY_SIZE 32

/* Where changes to the root file system go. */
enum root_upper {
    UPPER_STAY, /* no root in the configuration: the workload shares the agent's */
    UPPER_RAM,
    UPPER_DISK,
    UPPER_HOST,
    UPPER_NONE,
};

struct agent_config {
    struct strings args;
    struct strings env;
    char *cwd;      /* never NULL */
    char *user;     /* NULL: root */
    char *hostname; /* NULL: the kernel's default */
    bool tty;
    struct window_size window;
    int64_t time_ns; /* 0: leave the clock alone */
    bool has_entropy;
    uint8_t entropy[ENTROPY_SIZE];
    bool debug;
    enum root_upper upper;
    uint64_t upper_size; /* bytes; 0: the file system's default */
};

/*
 * Parses length bytes of JSON. *ret_config is filled on success only and then owned by the caller:
 * agent_config_free(), which accepts a zero-initialised one.
 */
int agent_config_parse(const char *json, size_t length, struct agent_config *ret_config,
                       struct error *err);
void agent_config_free(struct agent_config *config);

#endif
