/* Check: what --host needs. */
#include <fcntl.h>

#include "common/contract.h"
#include "common/util.h"
#include "host/check/checks.h"
#include "host/check/start.h"
#include "host/jail/jail.h"
#include "host/machine/machine.h"

#define CHILD_TIMEOUT (15 * NS_PER_S)

/* An agent in the namespaces of a run, until it has been executed. */
static int try_agent(const struct check_place *place, void *agent, struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, argv = {0};
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fds[] = {null, null, null};
    struct isolation isolation = {0};
    struct jailed process = JAILED_INIT;
    const struct jail jail = {
        .tenant = JAIL_AGENT,
        .container = place->container,
        .program = agent,
        .files = &files,
        .ids = place->ids->first ? place->ids : NULL,
        .privileged = place->privileged,
    };
    if (place->those_missing)
        return error_set(err, "%s", place->those_missing);
    strings_add(&files, agent);
    strings_add(&argv, agent);
    strings_add(&argv, AGENT_FDS_FLAG);
    int result = jail_start(&jail, &argv, fds, ARRAY_LEN(fds), &process, &isolation, err);
    jail_stop(&process);
    isolation_free(&isolation);
    return result;
}

void check_namespaces(struct checks *checks)
{
    struct vm_spec spec = {0};
    AUTO_FREE char *output = NULL;
    AUTO_FREE char *agent = NULL;
    struct guest_image none = {0};
    struct error err = ERROR_INIT;
    /* Without these there is nothing to try; other checks report it. */
    int found = check_spec("--host", &spec, &err);
    if (found == 0)
        found = machine_ops(BACKEND_NAMESPACES)->find(&spec, &agent, &none, &err);
    spec_free(&spec);
    if (found < 0)
        return;
    if (check_start(try_agent, agent, CHILD_TIMEOUT, &output, &err) < 0)
        checks_add(checks, "host-backend", CHECK_WARN, xstrdup(err.text),
                   xstrdup("vmc run --host does not work here; runs without it are not affected"));
    else
        checks_add(checks, "host-backend", CHECK_OK,
                   xstrdup("vmc run --host works, without a kernel of the container's own"), NULL);
}
