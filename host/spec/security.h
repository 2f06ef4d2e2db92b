/*
 * --security-opt, as container engines have it: the system call filter, no_new_privs, and the
 * covered paths of /proc and /sys.
 */
#ifndef VMC_HOST_SPEC_SECURITY_H
#define VMC_HOST_SPEC_SECURITY_H

#include <stdbool.h>

#include "common/error.h"
#include "host/cli/request.h"

struct security_spec {
    bool unconfined;    /* no system call filter */
    char *seccomp_file; /* owned: the profile's path; NULL: the default profile */
    char *seccomp_text; /* owned: what the file holds */
    bool no_new_privs;
    bool system_paths_bare; /* nothing below /proc and /sys is covered or read-only */
};

int security_resolve(const struct request *req, struct security_spec *ret, struct error *err);
void security_spec_free(struct security_spec *spec);

#endif
