/*
 * A process that the session serves: the workload, on stream 0.
 */
#ifndef VMC_GUEST_AGENT_SESSION_SERVED_H
#define VMC_GUEST_AGENT_SESSION_SERVED_H

#include "guest-agent/process/process.h"
#include "guest-agent/session/streams.h"

struct served {
    uint16_t stream;
    struct process process;
    struct streams streams;
    bool ended; /* and record tells how */
    struct exit_record record;
};
#define SERVED_NONE                                                                                \
    {                                                                                              \
        .process = PROCESS_NONE, .streams = STREAMS_NONE                                           \
    }

#endif
