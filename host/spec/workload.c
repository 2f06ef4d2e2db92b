#include "host/spec/workload.h"

#include <string.h>
#include <unistd.h>

#include "host/base/units.h"
#include "host/spec/environment.h"
#include "host/spec/options.h"

/* clang-format off */
static const struct option workload_rows[] = {
    {.id = OPTION_WORKDIR, .name = "--workdir", .letter = 'w', .metavar = "DIR", .on = ON_ALL, .layer = BY_AGENT,
     .help = "absolute path of the directory to run COMMAND in",
     .default_value = "/"},
    {.id = OPTION_USER, .name = "--user", .letter = 'u', .metavar = "USER[:GROUP]", .on = ON_ALL, .layer = BY_AGENT,
     .help = "user to run COMMAND as, names or numbers",
     .manual = "Names are looked up in the container's own /etc/passwd and /etc/group. Without a group the user's own "
         "groups apply.",
     .default_value = "0:0"},
    {.id = OPTION_HOSTNAME, .name = "--hostname", .metavar = "NAME", .on = ON_ALL, .layer = BY_AGENT,
     .help = "host name inside (default: generated for each run)"},
};
/* clang-format on */
const struct option_group workload_options = OPTION_GROUP(TITLE_WORKLOAD, workload_rows);

/* clang-format off */
static const struct option terminal_rows[] = {
    {.id = OPTION_TTY, .name = "--tty", .letter = 't', .on = ON_ALL, .layer = BY_VMC,
     .help = "give COMMAND a terminal",
     .manual = "Standard input must be a terminal. The workload's output and error both go to it, and the window size "
         "follows."},
    {.id = OPTION_TTY, .name = "--pty", .on = ON_ALL, .layer = BY_VMC,
     .hidden = true},
    {.id = OPTION_INTERACTIVE, .name = "--interactive", .letter = 'i', .on = ON_ALL, .layer = BY_VMC,
     .help = "keep standard input connected, which it always is",
     .manual = "For those in the habit of -it: with or without it, standard input is passed on to a COMMAND that reads "
         "it, and left alone otherwise."},
};
/* clang-format on */
const struct option_group terminal_options = OPTION_GROUP(TITLE_TERMINAL, terminal_rows);

/* clang-format off */
static const struct option time_rows[] = {
    {.id = OPTION_RM, .name = "--rm", .on = ON_ALL, .layer = BY_VMC,
     .help = "leave nothing behind, which is always so",
     .hidden = true},
    {.id = OPTION_TIMEOUT, .name = "--timeout", .metavar = "DURATION", .on = ON_ALL, .layer = BY_VMC,
     .help = "end COMMAND after this time, with status 124",
     .manual = "Seconds, or a number with ms, s, m or h; 0 means no limit. COMMAND gets TERM first, and the machine is "
         "killed soon after."},
};
/* clang-format on */
const struct option_group time_options = OPTION_GROUP(TITLE_TIME, time_rows);

static int check_hostname(const struct setting *s, struct error *err)
{
    const char *name = s->value;
    /* sethostname(2) takes 64 bytes; the characters are those of hostname(7). */
    size_t length = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    if (length == 0 || length > 64 || good != length || name[0] == '-' || name[0] == '.')
        return error_set(err,
                         "%s '%s' is not a host name (letters, digits, '-' and '.', "
                         "at most 64)",
                         s->origin, name);
    return 0;
}

int workload_check_user(const struct setting *s, struct error *err)
{
    if (s->value[0] == '\0' || s->value[0] == ':')
        return error_set(err, "%s '%s' is not a user", s->origin, s->value);
    return 0;
}

int workload_check_directory(const struct setting *s, struct error *err)
{
    if (s->value[0] != '/')
        return error_set(err, "%s '%s' must be an absolute path", s->origin, s->value);
    return 0;
}

int workload_check_terminal(const struct setting *s, struct error *err)
{
    if (!isatty(STDIN_FILENO))
        return error_set(err, "%s needs a terminal on standard input; leave it out in scripts",
                         s->origin);
    return 0;
}

int workload_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    for (int i = 0; i < req->arg_count; i++)
        strings_add(&spec->args, req->args[i]);
    const struct setting *tty = request_setting(req, OPTION_TTY);
    const struct setting *user = request_setting(req, OPTION_USER);
    const struct setting *hostname = request_setting(req, OPTION_HOSTNAME);
    const struct setting *timeout = request_setting(req, OPTION_TIMEOUT);
    const struct setting cwd = request_setting_or_default(req, OPTION_WORKDIR);
    spec->tty = tty != NULL;
    if ((tty && workload_check_terminal(tty, err) < 0) ||
        environment_resolve(req, spec->tty, &spec->env, err) < 0 ||
        workload_check_directory(&cwd, err) < 0 || (user && workload_check_user(user, err) < 0) ||
        (hostname && check_hostname(hostname, err) < 0))
        return -1;
    spec->cwd = xstrdup(cwd.value);
    spec->user = xstrdup_or_null(user ? user->value : NULL);
    spec->hostname = xstrdup_or_null(hostname ? hostname->value : NULL);
    if (timeout && parse_duration(timeout->value, &spec->timeout, err) < 0)
        return error_wrap(err, "%s", timeout->origin);
    return 0;
}
