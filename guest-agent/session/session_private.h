/*
 * What the files of a session share: session.c (its course), session/loop.c (the poll loop).
 */
#ifndef VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H
#define VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/channel.h"
#include "common/relay.h"
#include "guest-agent/process/process.h"
#include "guest-agent/process/terminal.h"

struct session {
    struct channel control;
    struct channel data;
    int signals; /* signalfd(2) for SIGCHLD */
    bool own_machine;
    bool is_ended; /* by the host, once it has all */
    int frames;    /* of a hosted container, until they are taken into use: session_setup's */
    struct terminal terminal;
    struct relay_sink input;
    struct relay_source output;
    struct relay_source error_output;
    struct process process;
    bool ended; /* the workload, and record tells how */
    struct exit_record record;
    int64_t give_up; /* when to stop waiting for output: some process could not be ended */
    bool host_left;
};

/*
 * Relays until the workload has ended, nothing else runs and all its output is on its way.
 * -1: the host broke the protocol or left.
 */
int session_relay(struct session *s, struct error *err);

/* Sends what is queued on both channels, for at most so many seconds. */
int session_flush(struct session *s, int seconds, struct error *err);

#endif
