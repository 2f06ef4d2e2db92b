#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/util.h"
#include "host/checks.h"
#include "host/jail.h"
#include "host/machine.h"
#include "host/probe.h"
#include "host/state.h"
#include "host/userns.h"

#define CHILD_TIMEOUT (15 * NS_PER_S)

struct agent_probe {
    const char *agent;
    struct container container;
};

static int start_and_stop(const struct agent_probe *probe, const struct id_range *ids,
                          bool privileged, struct error *err)
{
    AUTO_STRINGS struct strings files = {0}, argv = {0};
    AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fds[] = {null, null, null};
    struct isolation isolation = {0};
    struct jailed process = JAILED_INIT;
    const struct jail jail = {
        .tenant = JAIL_AGENT,
        .container = &probe->container,
        .program = probe->agent,
        .files = &files,
        .ids = ids->first ? ids : NULL,
        .privileged = privileged,
    };
    strings_add(&files, probe->agent);
    strings_add(&argv, probe->agent);
    strings_add(&argv, "--fds");
    int result = jail_start(&jail, &argv, fds, ARRAY_LEN(fds), &process, &isolation, err);
    jail_stop(&process);
    isolation_free(&isolation);
    return result;
}

/* Child: an agent in the namespaces of a run, until it has been executed. */
static int try_agent(void *arg)
{
    const struct agent_probe *probe = arg;
    struct id_range ids = ID_RANGE_INIT;
    struct error err = ERROR_INIT;
    bool privileged = am_host_root();
    if (namespaces_enter(geteuid() != 0, &err) < 0 ||
        (privileged && id_range_acquire(&ids, &err) < 0) ||
        start_and_stop(probe, &ids, privileged, &err) < 0) {
        fputs(err.text, stderr);
        return STATUS_VMC_FAILED;
    }
    id_range_release(&ids);
    return 0;
}

void check_namespaces(struct checks *checks)
{
    struct agent_probe probe = {.container = CONTAINER_INIT};
    const struct vm_spec spec = {.backend = BACKEND_NAMESPACES, .arch = arch_native()};
    AUTO_FREE char *output = NULL;
    AUTO_FREE char *agent = NULL;
    struct guest_image none = {0};
    struct error err = ERROR_INIT;
    int status = 0;
    /* Without these there is nothing to try; other checks say so. */
    if (!spec.arch || machine_ops(spec.backend)->find(&spec, &agent, &none, &err) < 0)
        return;
    probe.agent = agent;
    int result = state_create(&probe.container, &err);
    if (result == 0)
        result = probe_child(try_agent, &probe, CHILD_TIMEOUT, &output, &status, &err);
    if (result == 0 && status != 0)
        result = error_set(&err, "%s", output);
    state_remove(&probe.container);
    if (result < 0)
        checks_add(checks, "host-backend", CHECK_WARN, xstrdup(err.text),
                   xstrdup("vmc run --host cannot be used here; without --host nothing is amiss"));
    else
        checks_add(checks, "host-backend", CHECK_OK,
                   xstrdup("vmc run --host works, without a kernel of the container's own"), NULL);
}
