/*
 * A process that the agent serves. The workload's main process: a session leader of its own, like
 * the one docker-run(1) starts, in a container of its own where there is a root for it. Or one more
 * in that container, exec.h.
 *
 * Processes: the agent makes the container's first process (child.h), which builds the container
 * from inside. It then becomes the reaping init of the container (init.h) with the workload as its
 * child, or, with no_init, the workload itself.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_PROCESS_H
#define VMC_GUEST_AGENT_PROCESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/container_config.h"
#include "common/error.h"
#include "common/protocol.h"

/* Descriptors are owned, -1 where there is none. */
struct process {
    pid_t pid; /* our child that ends when the process does */
    int pidfd; /* the process: for signals */
    int first; /* the container's first process, where that is not the workload */
    int link;  /* to the container's first process, non-blocking */
    struct shared_config *config; /* owned */
    int report;                   /* why execve(2) was not reached; closed after it */
    int master; /* its terminal; the slave is held open until the process has ended */
    int slave;
    int input; /* this side's ends of the streams, non-blocking; -1 with a terminal */
    int output;
    int error_output;
    bool recorded; /* the init has said how the workload ended */
    struct exit_record record;
};
#define PROCESS_NONE                                                                               \
    {                                                                                              \
        .pid = -1, .pidfd = -1, .first = -1, .link = -1, .report = -1, .master = -1, .slave = -1,  \
        .input = -1, .output = -1, .error_output = -1                                              \
    }

/*
 * Makes the process from config's shape, all that is known so far; it has prepared what it can when
 * this returns. Also after failure, process_end_all() and process_free() clean up.
 */
int process_prepare(struct agent_config *config, struct process *ret_process, struct error *err);

/*
 * Starts the workload that config describes, whose text is passed on to the process. Returns after
 * execve(2) has succeeded. err has STATUS_NOT_FOUND or STATUS_NOT_EXECUTABLE when it did not, with
 * the rules of env(1): a command that is not there, or one that cannot be run.
 */
int process_start(struct process *process, const struct agent_config *config, const void *text,
                  size_t length, struct error *err);

/* How it ended: what its init said, else the wait(2) status of process.pid. */
struct exit_record process_record(struct process *process, int status);

/* Closes our ends of pipes that a terminal stands in for. */
void process_leave_pipes(struct process *process);

void process_free(struct process *process);

/*
 * Kills every other process. As PID 1 that is all processes; else all descendants, of which the
 * caller is the subreaper (PR_SET_CHILD_SUBREAPER): orphans of theirs become ours as these die, so
 * that it takes more than one call until no child is left.
 */
void process_kill_all(void);

/*
 * The same, and reaps them, waiting a few seconds for those in the middle of a system call. False
 * if some did not end.
 */
bool process_end_all(void);

#endif
