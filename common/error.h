/*
 * The error object: the last argument of every function that can fail.
 *
 * A function returns 0, or -1 after it has described the failure here. The text is one clause
 * without a full stop; a caller puts context before it with error_wrap(). Library code never
 * prints: main() does, once. All functions accept a NULL error.
 */
#ifndef VMC_COMMON_ERROR_H
#define VMC_COMMON_ERROR_H

/* vmc's own exit statuses, as in env(1), timeout(1) and container engines. */
enum {
    STATUS_TIMEOUT = 124,        /* --timeout ended the workload */
    STATUS_VMC_FAILED = 125,     /* vmc itself failed; the workload's status is not known */
    STATUS_NOT_EXECUTABLE = 126, /* the command exists but cannot be executed */
    STATUS_NOT_FOUND = 127,      /* the command does not exist */
    STATUS_SIGNAL_BASE = 128,    /* plus the number of the signal that killed the workload */
};

struct error {
    int status; /* exit status of main(): one of the above */
    char text[2048];
    char detail[4096]; /* lines to show below the text, as the console's last words; often "" */
};

#define ERROR_INIT                                                                                 \
    {                                                                                              \
        .status = STATUS_VMC_FAILED                                                                \
    }

/* Describes a failure, status STATUS_VMC_FAILED. Returns -1. */
int error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the meaning of errno. Returns -1. */
int error_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts context before the text of err: "context: text". Returns -1. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes text safe for one line on a terminal, in place: control characters (a newline in
 * a path, an escape sequence from the guest) become '?'. UTF-8 stays as it is.
 */
void error_sanitize(char *text);

#endif
