/*
 * A process that the session serves: the workload, on stream 0, or one of EXEC.
 */
#ifndef VMC_GUEST_AGENT_SESSION_SERVED_H
#define VMC_GUEST_AGENT_SESSION_SERVED_H

#include "guest-agent/process/process.h"
#include "guest-agent/session/streams.h"

struct session;

struct served {
    uint16_t stream;
    struct process process;
    bool started;           /* STARTED was sent, and the streams are open */
    struct streams streams; /* open until what is in them has been sent */
    bool ended;             /* record tells how */
    struct exit_record record;
    /* Of EXEC, until it has started: */
    struct session *session;
    struct watch on_report;
    uint64_t asked_ns; /* CLOCK_BOOTTIME when EXEC was complete */
    int64_t deadline;
    bool resized;
    struct window_size size; /* the last WINSIZE */
};
#define SERVED_NONE                                                                                \
    {                                                                                              \
        .process = PROCESS_NONE, .streams = STREAMS_NONE                                           \
    }

#endif
