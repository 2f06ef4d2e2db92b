/*
 * vmc run, vmc shell-guest and vmc template warm: each uses some of the steps of run/run.h.
 */
#include "host/run/run.h"
#include "common/log.h"
#include "host/base/restrictions.h"
#include "host/command/commands.h"
#include "host/command/explain.h"
#include "host/monitor/control.h"
#include "host/run/resolve.h"

typedef int resolver(const struct request *req, struct vm_spec *ret, struct error *err);

/* A verb's work on a run whose specification is resolved. */
typedef int run_steps(struct run *run, int *ret_status, struct error *err);

static int run_with(resolver *resolve, run_steps *steps, const struct request *req, int *ret_status,
                    struct error *err)
{
    struct run run;
    run_init(&run);
    int result = restrictions_check(err);
    if (result == 0)
        result = resolve(req, &run.spec, err);
    if (result == 0)
        result = steps(&run, ret_status, err);
    if (result < 0 && run_was_aborted(&run, ret_status)) {
        log_debug("%s", err->text);
        result = 0;
    }
    run_release(&run);
    return result;
}

static int run_workload(struct run *run, int *ret_status, struct error *err)
{
    struct control_server control = {0};
    if (run_prepare(run, err) < 0 || run_boot(run, err) < 0 || run_create(run, err) < 0)
        return -1;
    int result =
        control_open(&control, &run->guest, &run->workload, &run->spec, run->container.dir_fd, err);
    if (result == 0)
        result = run_start(run, err);
    if (result == 0)
        result = run_wait(run, ret_status, err);
    if (result == 0)
        control_finish(&control);
    control_close(&control);
    return result;
}

static int serve_shell(struct run *run, int *ret_status, struct error *err)
{
    *ret_status = 0;
    return run_prepare(run, err) < 0 || run_boot(run, err) < 0 ? -1 : run_maintenance(run, err);
}

/* A machine that was to be saved as a template, or was a copy. */
static int warm(struct run *run, int *ret_status, struct error *err)
{
    run->template_only = true;
    *ret_status = 0;
    if (run_prepare(run, err) < 0 || run_boot(run, err) < 0 || run_create(run, err) < 0)
        return -1;
    return run->no_template.text[0]
               ? error_set(err, "no template was saved: %s", run->no_template.text)
               : 0;
}

int cmd_run(const struct request *req, int *ret_status, struct error *err)
{
    *ret_status = 0;
    if (request_has(req, OPTION_EXPLAIN))
        return explain(req, err);
    if (request_has(req, OPTION_JSON))
        return error_set(
            err, "--json goes only with --explain: a command's output is passed through unchanged");
    return run_with(run_resolve, run_workload, req, ret_status, err);
}

int cmd_shell_guest(const struct request *req, int *ret_status, struct error *err)
{
    return run_with(spec_resolve_maintenance, serve_shell, req, ret_status, err);
}

int cmd_template_warm(const struct request *req, int *ret_status, struct error *err)
{
    return run_with(run_resolve_template, warm, req, ret_status, err);
}
