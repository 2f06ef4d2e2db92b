#include "host/machine/last_words.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"

/*
 * A process whose sockets are closed has practically ended; it may take this long to become a
 * zombie.
 */
#define PROCESS_END_NS (500 * NS_PER_MS)

/* More than a pipe holds (pipe(7): 64 KiB), 512 bytes at a time. */
#define ERRORS_READS_MAX 129

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
 * The last line, or "". A warning by QEMU is not a cause: 10.0 warns when a copy gives memory back
 * to a file that jail/seccomp_hypervisor.c protects.
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

/* All of the hypervisor's output: a process that has just ended may have written it in pieces. */
static void hear_out(struct vmm_errors *e, struct machine *m)
{
    wait_readable(m->process.pidfd, now_ns() + PROCESS_END_NS);
    for (int i = 0; i < ERRORS_READS_MAX && wait_readable(m->errors_fd, 0); i++)
        vmm_errors_pump(e, m);
}

const char *vmm_last_words(struct vmm_errors *e, struct machine *m)
{
    hear_out(e, m);
    return last_line(e);
}
