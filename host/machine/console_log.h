/*
 * The guest's console output: its last part is kept for error messages, all of it (up to a limit,
 * since the guest may write for ever) goes to the file of --console.
 */
#ifndef VMC_HOST_MACHINE_CONSOLE_LOG_H
#define VMC_HOST_MACHINE_CONSOLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define CONSOLE_TAIL_SIZE 8192
#define CONSOLE_FILE_MAX (64ull << 20)

struct console_log {
    int file_fd; /* owned; -1: no file */
    uint64_t file_size;
    bool echo; /* --debug: copy to stderr */
    size_t length;
    char tail[CONSOLE_TAIL_SIZE];
};

/* path may be NULL. The file is made, or truncated. */
int console_log_open(struct console_log *log, const char *path, bool echo, struct error *err);
void console_log_add(struct console_log *log, const char *bytes, size_t length);
/* Forgets the tail: from now on another machine writes. */
void console_log_restart(struct console_log *log);
void console_log_close(struct console_log *log);

/* The kernel's "Kernel panic - not syncing: ..." line, sanitized, or false if there is none. */
bool console_log_panic(const struct console_log *log, char *ret_line, size_t size);

/* True if the text is in the part that is kept. */
bool console_log_holds(const struct console_log *log, const char *text);

/* The last lines, sanitized, at most size - 1 bytes, each ending in a newline. */
void console_log_last_lines(const struct console_log *log, char *ret_text, size_t size);

#endif
