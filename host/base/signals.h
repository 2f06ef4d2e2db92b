/*
 * The signals vmc takes as events: those it forwards to the workload, and the terminal's.
 */
#ifndef VMC_HOST_BASE_SIGNALS_H
#define VMC_HOST_BASE_SIGNALS_H

#include <stdbool.h>

#include "common/error.h"

/*
 * Blocks INT, TERM, HUP, QUIT, USR1, USR2, WINCH and CONT and returns a signalfd(2) for them, owned
 * by the caller. SIGPIPE is ignored: a reader that leaves is an error of write(2). A HUP that was
 * ignored from the start stays ignored, as nohup(1) requires. TTIN and TTOU are blocked and never
 * read: a job in the background is not stopped when it uses the terminal (terminal.h).
 */
int signals_open(int *ret_fd, struct error *err);

/* True if one of them concerns only the terminal. */
bool signal_is_terminals(int signal);

/* A signal by its number, or its name with or without SIG, in either case. Real-time: by number. */
int parse_signal(const char *text, int *ret, struct error *err);

#endif
