/*
 * The signals vmc takes as events: those it forwards to the workload, and the terminal's.
 */
#ifndef VMC_HOST_BASE_SIGNALS_H
#define VMC_HOST_BASE_SIGNALS_H

#include <stdbool.h>

#include "common/error.h"

/*
 * Blocks INT, TERM, HUP, QUIT, USR1, USR2, WINCH and CONT and gives a signalfd(2) for them, owned
 * by the caller. SIGPIPE is ignored: a reader that leaves is an error of write(2). A HUP that was
 * ignored from the start stays so: that is what nohup(1) means. TTIN and TTOU are blocked and never
 * taken: a job in the background is not stopped for its use of the terminal (terminal.h).
 */
int signals_open(int *ret_fd, struct error *err);

/* Whether one of them is about the terminal, and for nobody else. */
bool signal_is_terminals(int signal);

#endif
