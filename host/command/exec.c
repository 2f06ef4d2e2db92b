/*
 * vmc exec: one more command in a container that runs.
 */
#include "common/util.h"
#include "host/command/commands.h"
#include "host/monitor/client.h"
#include "host/run/terminal.h"
#include "host/spec/environment.h"
#include "host/spec/workload.h"
#include "host/store/status.h"

/* clang-format off */
static const struct option exec_rows[] = {
    {.id = OPTION_INTERACTIVE, .name = "--interactive", .letter = 'i', .on = ON_ANY, .layer = BY_VMC,
     .help = "connect standard input; without it COMMAND's is empty"},
    {.id = OPTION_TTY, .name = "--tty", .letter = 't', .on = ON_ANY, .layer = BY_AGENT,
     .help = "give COMMAND a terminal",
     .manual = "With -i, standard input must be a terminal, and its size and keys are COMMAND's."},
    {.id = OPTION_DETACH, .name = "--detach", .letter = 'd', .on = ON_ANY, .layer = BY_VMC,
     .help = "return once COMMAND runs; it has no input, and its output is dropped"},
    {.id = OPTION_USER, .name = "--user", .letter = 'u', .metavar = "USER[:GROUP]", .on = ON_ANY, .layer = BY_AGENT,
     .help = "user to run COMMAND as (default: the user of the container's command)"},
    {.id = OPTION_WORKDIR, .name = "--workdir", .letter = 'w', .metavar = "DIR", .on = ON_ANY, .layer = BY_AGENT,
     .help = "absolute path of the directory to run COMMAND in (default: as the container's command)"},
};
/* clang-format on */
const struct option_group exec_options = OPTION_GROUP(TITLE_WORKLOAD, exec_rows);

const struct refused_option refused_of_exec[] = {
    {"privileged", 0, "COMMAND has the capabilities of the container: run that with --privileged"},
    {"cap-add", 0, "COMMAND has the capabilities of the container: run that with --cap-add"},
    {"cap-drop", 0, "COMMAND has the capabilities of the container; setpriv(1) in it drops some"},
    {"detach-keys", 0, "^C and ^Z are COMMAND's; close the terminal to end it"},
    {"latest", 'l', "name the container; 'vmc ps' lists the youngest first"},
    {"preserve-fds", 0, "a machine has no descriptors of the host; use standard input"},
    {NULL, 0, NULL},
};

static int resolve(const struct request *req, struct process_config *ret, struct error *err)
{
    const struct setting *tty = request_setting(req, OPTION_TTY);
    const struct setting *user = request_setting(req, OPTION_USER);
    const struct setting *cwd = request_setting(req, OPTION_WORKDIR);
    struct window_size size = terminal_size();
    for (int i = 1; i < req->arg_count; i++)
        strings_add(&ret->args, req->args[i]);
    ret->tty = tty != NULL;
    ret->rows = size.rows;
    ret->columns = size.columns;
    if ((tty && request_has(req, OPTION_INTERACTIVE) && workload_check_terminal(tty, err) < 0) ||
        environment_given(req, ret->tty, &ret->env, err) < 0 ||
        (cwd && workload_check_directory(cwd, err) < 0) ||
        (user && workload_check_user(user, err) < 0))
        return -1;
    ret->cwd = xstrdup_or_null(cwd ? cwd->value : NULL);
    ret->user = xstrdup_or_null(user ? user->value : NULL);
    return 0;
}

int cmd_exec(const struct request *req, int *ret_status, struct error *err)
{
    struct process_config process = {0};
    struct status status = {0};
    AUTO_CLOSE int dir = -1;
    const struct exec_request request = {
        .process = &process,
        .interactive = request_has(req, OPTION_INTERACTIVE),
        .detach = request_has(req, OPTION_DETACH),
    };
    int result = 0;
    if (request.detach && (request.interactive || request_has(req, OPTION_TTY)))
        result = error_set(err, "--detach cannot go with -i or -t: COMMAND has no streams");
    if (result == 0)
        result = resolve(req, &process, err);
    if (result == 0)
        result = status_find(req->args[0], &status, &dir, err);
    if (result == 0)
        result = client_exec(dir, &request, ret_status, err);
    status_free(&status);
    process_config_free(&process);
    return result;
}
