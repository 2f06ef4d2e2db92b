/*
 * vmc kill and stop: signals for the commands of containers that run.
 */
#include <signal.h>

#include "common/util.h"
#include "host/base/notice.h"
#include "host/base/signals.h"
#include "host/base/units.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/monitor/client.h"
#include "host/store/status.h"

/* After KILL a machine ends within this, or something is wrong with it. */
#define KILL_PATIENCE_NS (20 * NS_PER_S)

/* How long a vmc may take to take a signal. */
#define ANSWER_PATIENCE_NS (10 * NS_PER_S)

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
    return client_signal(dir, (int)signal, now_ns() + ANSWER_PATIENCE_NS, err);
}

/* 1: it has ended. One that cannot be reached may be about to end. */
static int end_with(int dir, int signal, int64_t patience, struct error *err)
{
    int64_t deadline = now_ns() + patience;
    int result = client_signal(dir, signal, deadline, err);
    return status_await_end(dir, deadline) ? 1 : result;
}

static int stop_one(int dir, const char *word, int64_t patience, struct error *err)
{
    int ended = end_with(dir, SIGTERM, patience, err);
    if (ended == 0)
        ended = end_with(dir, SIGKILL, KILL_PATIENCE_NS, err);
    if (ended == 0)
        return error_set(err, "container %s does not end", word);
    return ended < 0 ? -1 : 0;
}

int cmd_kill(const struct request *req, int *ret_status, struct error *err)
{
    const struct setting s = request_setting_or_default(req, OPTION_SIGNAL);
    int signal = 0;
    *ret_status = 0;
    if (parse_signal(s.value, &signal, err) < 0)
        return error_wrap(err, "%s", s.origin);
    return each(req, kill_one, signal, err);
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
