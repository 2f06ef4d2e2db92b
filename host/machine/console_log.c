#include "host/machine/console_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"

#define LINES_SHOWN 12

int console_log_open(struct console_log *log, const char *path, bool echo, struct error *err)
{
    *log = (struct console_log){.file_fd = -1, .echo = echo};
    if (!path)
        return 0;
    if (strcmp(path, "-") == 0)
        return error_set(err, "--console - is not a file: --debug shows the console on standard "
                              "error");
    log->file_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
    if (log->file_fd < 0)
        return error_errno(err, "--console %s", path);
    return 0;
}

/* Keeps the newest bytes: when full, drops the older half. */
static void keep(struct console_log *log, const char *bytes, size_t length)
{
    while (length > 0) {
        if (log->length == sizeof(log->tail)) {
            size_t half = sizeof(log->tail) / 2;
            memmove(log->tail, log->tail + half, half);
            log->length = half;
        }
        size_t room = sizeof(log->tail) - log->length;
        size_t part = length < room ? length : room;
        memcpy(log->tail + log->length, bytes, part);
        log->length += part;
        bytes += part;
        length -= part;
    }
}

/* The guest must not control the user's terminal: only text and newlines pass. */
static void echo(const char *bytes, size_t length)
{
    char text[1024];
    while (length > 0) {
        size_t part = length < sizeof(text) ? length : sizeof(text);
        for (size_t i = 0; i < part; i++) {
            unsigned char c = (unsigned char)bytes[i];
            text[i] = bytes[i];
            if ((c < 0x20 && c != '\n') || c >= 0x7f)
                text[i] = ' ';
        }
        write_all(STDERR_FILENO, text, part);
        bytes += part;
        length -= part;
    }
}

void console_log_add(struct console_log *log, const char *bytes, size_t length)
{
    keep(log, bytes, length);
    if (log->echo)
        echo(bytes, length);
    if (log->file_fd < 0 || log->file_size >= CONSOLE_FILE_MAX)
        return;
    log->file_size += length;
    if (write_all(log->file_fd, bytes, length) == 0 && log->file_size >= CONSOLE_FILE_MAX)
        dprintf(log->file_fd, "\n[vmc: the console log ends here: it has reached %llu MiB]\n",
                CONSOLE_FILE_MAX >> 20);
}

void console_log_restart(struct console_log *log)
{
    log->length = 0;
}

void console_log_close(struct console_log *log)
{
    close_fd(&log->file_fd);
}

/* Copies one line of the tail, without carriage returns, sanitized. */
static void copy_line(const char *line, size_t length, char *ret, size_t size)
{
    while (length > 0 && line[length - 1] == '\r')
        length--;
    if (length > size - 1)
        length = size - 1;
    memcpy(ret, line, length);
    ret[length] = '\0';
    /* A NUL in the middle would end the text early. */
    for (size_t i = 0; i < length; i++)
        if (ret[i] == '\0')
            ret[i] = '?';
    error_sanitize(ret);
}

bool console_log_holds(const struct console_log *log, const char *text)
{
    return memmem(log->tail, log->length, text, strlen(text)) != NULL;
}

bool console_log_panic(const struct console_log *log, char *ret_line, size_t size)
{
    static const char marker[] = "Kernel panic - not syncing";
    const char *found = memmem(log->tail, log->length, marker, strlen(marker));
    if (!found)
        return false;
    size_t left = log->length - (size_t)(found - log->tail);
    const char *end = memchr(found, '\n', left);
    copy_line(found, end ? (size_t)(end - found) : left, ret_line, size);
    return true;
}

void console_log_last_lines(const struct console_log *log, char *ret_text, size_t size)
{
    size_t start = log->length;
    int lines = 0;
    /* Back to the newline before the last LINES_SHOWN lines; the final newline does not count. */
    while (start > 0 && log->length - start < size / 2) {
        bool newline = log->tail[start - 1] == '\n';
        if (newline && start < log->length && ++lines == LINES_SHOWN)
            break;
        start--;
    }
    size_t used = 0;
    const char *p = log->tail + start, *end = log->tail + log->length;
    ret_text[0] = '\0';
    while (p < end && used + 2 < size) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((newline ? newline : end) - p);
        copy_line(p, length, ret_text + used, size - used - 1);
        used += strlen(ret_text + used);
        ret_text[used++] = '\n';
        ret_text[used] = '\0';
        p += length + 1;
    }
}
