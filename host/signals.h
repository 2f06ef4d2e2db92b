/*
 * The signals vmc takes as events: those it forwards to the workload, and the window's.
 */
#ifndef VMC_HOST_SIGNALS_H
#define VMC_HOST_SIGNALS_H

#include "common/error.h"

/*
 * Blocks INT, TERM, HUP, QUIT, USR1, USR2 and WINCH and gives a signalfd(2) for them, owned by
 * the caller. SIGPIPE is ignored: a reader that leaves is an error of write(2). A HUP that was
 * ignored from the start stays so: that is what nohup(1) means.
 */
int signals_open(int *ret_fd, struct error *err);

#endif
