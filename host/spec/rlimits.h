/*
 * --ulimit NAME=SOFT[:HARD]: resource limits of the workload, setrlimit(2), by the names and in
 * the units that container engines and prlimit(1) use.
 */
#ifndef VMC_HOST_SPEC_RLIMITS_H
#define VMC_HOST_SPEC_RLIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "common/container_config.h"
#include "common/error.h"
#include "host/cli/request.h"

struct rlimit_spec {
    struct {
        bool set;
        int64_t soft, hard; /* -1: unlimited */
    } limits[RLIM_NLIMITS];
};

int rlimits_resolve(const struct request *req, struct rlimit_spec *ret, struct error *err);
void rlimits_fill(const struct rlimit_spec *spec, struct rlimit_list *ret);

#endif
