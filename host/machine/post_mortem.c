#include "host/machine/post_mortem.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void console_pump(struct console_log *log, int *fd)
{
    char bytes[4096];
    for (int i = 0; *fd >= 0 && i < 16; i++) {
        ssize_t n = read(*fd, bytes, sizeof(bytes));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n > 0)
            console_log_add(log, bytes, (size_t)n);
        else
            close_fd(fd);
    }
}

/*
 * How the machine's process ended, without reaping it, which machine_stop() does. si_pid 0: it has
 * not.
 */
static siginfo_t process_end(const struct machine *m)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)m->process.pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        info.si_pid = 0;
    return info;
}

static void describe_process_end(const struct machine *m, const siginfo_t *end, char *text,
                                 size_t size)
{
    const char *name = m->ops->process;
    if (end->si_pid == 0)
        snprintf(text, size, "%s closed its connection", name);
    else if (end->si_code == CLD_EXITED)
        snprintf(text, size, "%s ended with status %d", name, end->si_status);
    else
        snprintf(text, size, "%s was killed by signal %d (%s)", name, end->si_status,
                 strsignal(end->si_status));
}

int post_mortem(const char *what, struct machine *m, struct console_log *log,
                struct vmm_errors *errors, struct error *err)
{
    char cause[512];
    console_pump(log, &m->console_fd);
    if (!console_log_panic(log, cause, sizeof(cause))) {
        const char *said = vmm_last_words(errors, m);
        const siginfo_t end = process_end(m);
        /* A process killed by SIGKILL has no last words: its output is about something else. */
        bool killed = end.si_code == CLD_KILLED && end.si_status == SIGKILL;
        if (said[0] && !killed)
            snprintf(cause, sizeof(cause), "%.500s", said);
        else
            describe_process_end(m, &end, cause, sizeof(cause));
    }
    error_set(err, "%s: %s", what, cause);
    console_log_last_lines(log, err->detail, sizeof(err->detail));
    return -1;
}

int post_mortem_disk(const struct qmp *monitor, const struct vm_spec *spec, struct error *err)
{
    bool swap = strcmp(monitor->io_node, "swap") == 0;
    bool kept = !swap && spec->keep;
    error_set(err, "%s: the disk image can no longer be written: %s%s",
              swap   ? "--mem-swap"
              : kept ? "--keep"
                     : "--upper disk",
              monitor->io_reason,
              kept ? " ('vmc keep ls' shows what fills it)"
                   : " (set TMPDIR to where there is room)");
    error_sanitize(err->text);
    return -1;
}
