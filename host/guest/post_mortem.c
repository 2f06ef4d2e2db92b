#include "host/guest/post_mortem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"

/* A process whose sockets are closed is as good as ended; so long it may take to be a zombie. */
#define PROCESS_END_MS 500

/* More than a pipe holds (pipe(7): 64 KiB), 512 bytes at a time. */
#define ERRORS_READS_MAX 129

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

void vmm_errors_pump(struct vmm_errors *e, struct machine *m)
{
    char bytes[512];
    ssize_t n = read(m->errors_fd, bytes, sizeof(bytes));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close_fd(&m->errors_fd);
        return;
    }
    log_debug("%s: %.*s", m->ops->process, (int)n, bytes);
    size_t length = (size_t)n, most = sizeof(e->text) - 1;
    if (e->length + length > most) {
        size_t drop = e->length + length - most;
        memmove(e->text, e->text + drop, e->length - drop);
        e->length -= drop;
    }
    memcpy(e->text + e->length, bytes, length);
    e->length += length;
    e->text[e->length] = '\0';
}

/*
 * The last line, or "". What QEMU only warns of is no cause: 10.0 does when a copy gives memory
 * back, whose file jail/seccomp_hypervisor.c keeps from it.
 */
static const char *last_line(struct vmm_errors *e)
{
    for (;;) {
        while (e->length > 0 && e->text[e->length - 1] == '\n')
            e->text[--e->length] = '\0';
        char *newline = strrchr(e->text, '\n');
        char *line = newline ? newline + 1 : e->text;
        if (!strstr(line, ": warning: "))
            return line;
        e->length = (size_t)(line - e->text);
        *line = '\0';
    }
}

/* All that the hypervisor has to say: a process that has just ended may have said it in pieces. */
static void hear_out(struct vmm_errors *e, struct machine *m)
{
    struct pollfd ended = {.fd = m->process.pidfd, .events = POLLIN};
    poll(&ended, 1, PROCESS_END_MS);
    struct pollfd words = {.fd = m->errors_fd, .events = POLLIN};
    for (int i = 0; i < ERRORS_READS_MAX && m->errors_fd >= 0 && poll(&words, 1, 0) > 0; i++)
        vmm_errors_pump(e, m);
}

const char *vmm_last_words(struct vmm_errors *e, struct machine *m)
{
    hear_out(e, m);
    return last_line(e);
}

/* How the machine's process ended, without reaping it: that is machine_stop()'s. si_pid 0: it has
 * not. */
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
        /* Nobody has a last word at SIGKILL: what was said is about something else. */
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
    error_set(err, "%s: the disk image cannot be written any more: %s%s",
              swap   ? "--mem-swap"
              : kept ? "--keep"
                     : "--upper disk",
              monitor->io_reason,
              kept ? " ('vmc keep ls' shows what fills it)"
                   : " (set TMPDIR to where there is room)");
    error_sanitize(err->text);
    return -1;
}
