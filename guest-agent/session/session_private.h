/*
 * What the files of a session share: session.c (its course), frames.c (what the host's frames do),
 * turns.c (the loop, and the end).
 */
#ifndef VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H
#define VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/channel.h"
#include "common/loop.h"
#include "guest-agent/session/served.h"

struct session {
    struct channel control;
    struct channel data;
    int signals; /* signalfd(2) for SIGCHLD */
    bool own_machine;
    bool is_ended; /* by the host, once it has all */
    int frames;    /* of a hosted container, until they are taken into use: session_setup's */
    struct loop loop;
    struct watch on_control, on_data, on_signals;
    struct served workload;
    bool alone;      /* no child is left */
    int64_t give_up; /* when to stop waiting for output: some process could not be ended */
    bool host_left;
};

/* The process of that stream, or NULL. */
struct served *session_find(struct session *s, uint16_t stream);

/* What a frame of the host's on that port does. -1: the host broke the protocol. */
int frames_control(struct session *s, const struct frame *frame, struct error *err);
int frames_data(struct session *s, const struct frame *frame, struct error *err);

/*
 * Relays until the workload has ended, nothing else runs and all its output is on its way.
 * -1: the host broke the protocol or left.
 */
int session_relay(struct session *s, struct error *err);

/* Sends what is queued on both channels, for at most so many seconds. */
int session_flush(struct session *s, int seconds, struct error *err);

#endif
