/*
 * vmc kill and stop: signals for the commands of containers that run.
 */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/protocol.h"
#include "common/util.h"
#include "host/base/notice.h"
#include "host/base/units.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/monitor/client.h"
#include "host/store/status.h"

/* After KILL a machine ends within this, or something is wrong with it. */
#define KILL_PATIENCE_NS (20 * NS_PER_S)

#define LOCK_LOOK_MS 5

/* clang-format off */
static const struct option kill_rows[] = {
    {.id = OPTION_SIGNAL, .name = "--signal", .letter = 's', .metavar = "SIGNAL", .on = ON_ANY, .layer = BY_AGENT,
     .help = "name or number of the signal",
     .default_value = "KILL"},
};
static const struct option stop_rows[] = {
    {.id = OPTION_TIMEOUT, .name = "--timeout", .letter = 't', .metavar = "DURATION", .on = ON_ANY, .layer = BY_VMC,
     .help = "how long COMMAND may take to end after TERM",
     .manual = "Seconds, or a number with ms, s, m or h. KILL follows.",
     .default_value = "10"},
};
/* clang-format on */
const struct option_group kill_options = OPTION_GROUP(TITLE_GENERAL, kill_rows);
const struct option_group stop_options = OPTION_GROUP(TITLE_GENERAL, stop_rows);

/* With or without SIG, in either case; real-time signals by number. */
static int parse_signal(const struct setting *s, int *ret, struct error *err)
{
    char *end;
    long number = strtol(s->value, &end, 10);
    const char *name = strncasecmp(s->value, "SIG", 3) == 0 ? s->value + 3 : s->value;
    if (isdigit((unsigned char)s->value[0]) && *end == '\0' && number > 0 && number <= SIGNAL_MAX) {
        *ret = (int)number;
        return 0;
    }
    for (int i = 1; i < NSIG && i <= SIGNAL_MAX; i++) {
        const char *known = sigabbrev_np(i);
        if (known && strcasecmp(known, name) == 0) {
            *ret = i;
            return 0;
        }
    }
    return error_set(err, "%s '%s' is not a signal (a name such as TERM, or 1 to %d)", s->origin,
                     s->value, SIGNAL_MAX);
}

typedef int act_on(int dir, const char *word, int64_t value, struct error *err);

static int find_and_act(const char *word, act_on *act, int64_t value, struct error *err)
{
    struct status status;
    AUTO_CLOSE int dir = -1;
    int result = status_find(word, &status, &dir, err);
    if (result == 0)
        result = act(dir, word, value, err);
    status_free(&status);
    return result;
}

/* Each of them, also when one fails; the names of those that did not are printed. */
static int each(const struct request *req, act_on *act, int64_t value, struct error *err)
{
    int failed = 0;
    for (int i = 0; i < req->arg_count; i++) {
        struct error why = ERROR_INIT;
        if (find_and_act(req->args[i], act, value, &why) == 0)
            output_lines(&req->args[i], 1);
        else if (failed++ == 0)
            *err = why;
        else
            notice("%s", why.text);
    }
    return failed ? -1 : output_finish(err);
}

static int kill_one(int dir, const char *word, int64_t signal, struct error *err)
{
    (void)word;
    return client_signal(dir, (int)signal, err);
}

/* Its vmc tidies up behind the end of its control; no event tells that it holds no lock any more.
 */
static bool has_ended(int dir, int64_t deadline)
{
    while (status_runs(dir)) {
        if (now_ns() >= deadline)
            return false;
        poll(NULL, 0, LOCK_LOOK_MS);
    }
    return true;
}

/* Who cannot be reached may be about to end. */
static int end_with(int dir, int signal, int64_t patience, bool *ret_ended, struct error *err)
{
    int64_t deadline = now_ns() + patience;
    int result = client_signal_and_wait(dir, signal, deadline, ret_ended, err);
    *ret_ended = (result < 0 || *ret_ended) && has_ended(dir, deadline);
    return *ret_ended ? 0 : result;
}

static int stop_one(int dir, const char *word, int64_t patience, struct error *err)
{
    bool ended;
    if (end_with(dir, SIGTERM, patience, &ended, err) < 0)
        return -1;
    if (!ended && end_with(dir, SIGKILL, KILL_PATIENCE_NS, &ended, err) < 0)
        return -1;
    return ended ? 0 : error_set(err, "container %s does not end", word);
}

int cmd_kill(const struct request *req, int *ret_status, struct error *err)
{
    const struct setting s = request_setting_or_default(req, OPTION_SIGNAL);
    int signal = 0;
    *ret_status = 0;
    return parse_signal(&s, &signal, err) < 0 ? -1 : each(req, kill_one, signal, err);
}

int cmd_stop(const struct request *req, int *ret_status, struct error *err)
{
    const struct setting s = request_setting_or_default(req, OPTION_TIMEOUT);
    int64_t patience;
    *ret_status = 0;
    if (parse_duration(s.value, &patience, err) < 0)
        return error_wrap(err, "%s", s.origin);
    return each(req, stop_one, patience, err);
}
