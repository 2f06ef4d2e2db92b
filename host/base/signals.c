#include "host/base/signals.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>

#include "common/protocol.h"
#include "common/util.h"

int signals_open(int *ret_fd, struct error *err)
{
    static const int forwarded[] = {SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
        sigaddset(&set, forwarded[i]);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigset_t blocked = set;
    sigaddset(&blocked, SIGTTIN);
    sigaddset(&blocked, SIGTTOU);
    if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
        return error_errno(err, "cannot block signals");
    *ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *ret_fd < 0 ? error_errno(err, "cannot make a signal descriptor") : 0;
}

bool signal_is_terminals(int signal)
{
    return signal == SIGWINCH || signal == SIGCONT;
}

int parse_signal(const char *text, int *ret, struct error *err)
{
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    char *end;
    long number = strtol(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0' && number > 0 && number <= SIGNAL_MAX) {
        *ret = (int)number;
        return 0;
    }
    for (int i = 1; i <= SIGNAL_MAX; i++) {
        const char *known = sigabbrev_np(i);
        if (known && strcasecmp(known, name) == 0) {
            *ret = i;
            return 0;
        }
    }
    return error_set(err, "'%s' is not a signal (a name such as TERM, or 1 to %d)", text,
                     SIGNAL_MAX);
}
