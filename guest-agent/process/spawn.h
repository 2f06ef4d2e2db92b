/*
 * What starting the workload and starting one more process have in common: the pipes between the
 * agent and its child, and what comes from there until the command runs.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_SPAWN_H
#define VMC_GUEST_AGENT_PROCESS_SPAWN_H

#include "common/error.h"
#include "guest-agent/process/child.h"
#include "guest-agent/process/process.h"

#define SPAWN_DEADLINE_S 60

struct pipe {
    int read_end;
    int write_end;
};
struct pipes {
    struct pipe input, output, error_output, report;
    struct pipe link; /* a socket pair: read_end is the agent's */
};
#define PIPES_NONE                                                                                 \
    {                                                                                              \
        {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1},                                                    \
        {                                                                                          \
            -1, -1                                                                                 \
        }                                                                                          \
    }

/* The agent's ends of the streams and of the link do not block. pipes_close() after failure, too.
 */
int pipes_open(struct pipes *p, struct error *err);
void pipes_close(struct pipes *p);

/* The child's ends, borrowed. */
struct child pipes_child(const struct pipes *p);

/*
 * In the agent, once there is a child: process gets our ends, the child's are closed, so that an
 * end of file means something.
 */
void pipes_keep(struct pipes *p, struct process *process);

/*
 * Reads what the child has reported: 0 when the pipe is at its end without a report, so that
 * execve(2) has succeeded, or -1 with that report.
 */
int spawn_report(int report, struct error *err);

/* What the child has said over the link on its way to execve(2): its terminal, its pidfd. */
int spawn_collect(struct process *process, struct error *err);

/* Later: what its init has reported about its end, and nothing else. */
void spawn_collect_record(struct process *process);

#endif
