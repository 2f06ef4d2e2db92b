/*
 * The workload's main process: a session leader of its own, like the one docker-run(1) starts.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_H
#define VMC_GUEST_AGENT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"
#include "guest-agent/config.h"
#include "guest-agent/user.h"

struct process {
    pid_t pid;
    /* This side's ends, owned, non-blocking; -1 with a terminal. */
    int input;
    int output;
    int error_output;
};

/*
 * Starts args in cwd with env and exactly that environment. user NULL: stay who we are. tty: the
 * descriptor that becomes its controlling terminal and standard streams, or -1 for three pipes.
 * Returns after execve(2) has succeeded. err has STATUS_NOT_FOUND or STATUS_NOT_EXECUTABLE when
 * it did not, with the rules of env(1): a command that is not there, or one that cannot be run.
 */
int process_start(const struct agent_config *config, const struct user *user, int tty,
                  struct process *ret_process, struct error *err);

/*
 * Ends every other process and reaps it, waiting a few seconds for those in the middle of a
 * system call. As PID 1 that is all there are; else all descendants, for which the caller is a
 * PR_SET_CHILD_SUBREAPER. False when some would not go.
 */
bool process_end_all(void);

#endif
