#include "host/check/start.h"

#include <stdio.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/probe.h"
#include "host/base/userns.h"
#include "host/cli/request.h"

struct start {
    check_body *body;
    void *arg;
    struct container container;
};

static int run_body(void *arg)
{
    const struct start *start = arg;
    struct id_range ids = ID_RANGE_INIT;
    struct error err = ERROR_INIT, why = ERROR_INIT;
    struct check_place place = {
        .container = &start->container, .ids = &ids, .privileged = am_host_root()};
    int result = namespaces_enter(geteuid() != 0, &err);
    if (result == 0 && place.privileged && id_range_acquire(&ids, &why) < 0)
        place.those_missing = why.text;
    if (result == 0)
        result = start->body(&place, start->arg, &err);
    if (result < 0)
        fputs(err.text, stderr);
    id_range_release(&ids);
    return result < 0 ? STATUS_VMC_FAILED : 0;
}

int check_start(check_body *body, void *arg, int64_t timeout, char **ret_output, struct error *err)
{
    struct start start = {.body = body, .arg = arg, .container = CONTAINER_INIT};
    AUTO_FREE char *output = NULL;
    int status = 0;
    int result = state_create(&start.container, err);
    if (result == 0)
        result = probe_child(run_body, &start, timeout, &output, &status, err);
    if (result == 0 && status != 0)
        result = error_set(err, "%s", output);
    state_remove(&start.container);
    if (result < 0)
        return -1;
    *ret_output = output;
    output = NULL;
    return 0;
}

int check_spec(const char *option, struct vm_spec *ret, struct error *err)
{
    const char *argv[] = {"vmc", "run", option, "--net", "none", "true", NULL};
    struct request req = {0};
    if (cli_parse((int)ARRAY_LEN(argv) - 1, (char **)argv, &req, err) < 0)
        return -1;
    int result = spec_resolve(&req, NULL, ret, err);
    request_free(&req);
    return result;
}
