/*
 * What the files of a session share: session.c (its course), frames.c (what the host's frames do),
 * execs.c (processes beside the workload), turns.c (the loop, and the end).
 */
#ifndef VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H
#define VMC_GUEST_AGENT_SESSION_SESSION_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/channel.h"
#include "common/loop.h"
#include "guest-agent/session/served.h"

/* The text of EXEC frames: of one process at a time. */
struct exec_text {
    bool open;
    uint16_t stream;
    bool too_long; /* and dropped */
    struct queue bytes;
};

struct session {
    struct channel control;
    struct channel data;
    int signals; /* signalfd(2) for SIGCHLD */
    bool own_machine;
    bool is_ended; /* the host kills it once it has everything */
    int frames;    /* of a hosted container, until the network uses them: session_setup's */
    struct loop loop;
    struct watch on_control, on_data, on_signals;
    const struct container_shape *shape; /* borrowed */
    struct served workload;
    struct served *execs[EXECS_MAX]; /* owned; NULL: free */
    struct exec_text text;
    bool alone;       /* no child is left */
    int64_t ended_ns; /* when the workload's end was seen; DEADLINE_NONE: not yet */
    bool host_left;
};

/* The process of that stream, or NULL. */
struct served *session_find(struct session *s, uint16_t stream);

/* Sends STARTED on that stream. */
void session_say_started(struct session *s, uint16_t stream, const struct started *started);

/*
 * Handles an EXEC frame. A process that cannot be started is answered with ERROR; -1: a protocol
 * error.
 */
int execs_frame(struct session *s, const struct frame *frame, struct error *err);

/* e, a process of EXEC, has ended with that wait(2) status. */
void execs_ended(struct session *s, struct served *e, int status);

/* After each turn: frees those that are over, and kills those whose command takes too long to
 * start. */
void execs_sweep(struct session *s);

/* The time at which execs_sweep() has something to do even if nothing else happens. */
int64_t execs_deadline(const struct session *s);

size_t execs_count(const struct session *s);

/* Ends the outputs of those that have ended. */
void execs_cut(struct session *s);

/* Ends all of them as far as the host is concerned: nothing more is waited for. */
void execs_give_up(struct session *s);

void execs_free(struct session *s);

/* What a frame from the host on that port does. -1: the host broke the protocol. */
int frames_control(struct session *s, const struct frame *frame, struct error *err);
int frames_data(struct session *s, const struct frame *frame, struct error *err);

/*
 * Relays until the workload has ended, nothing else runs and all its output is on its way.
 * -1: the host broke the protocol or left.
 */
int session_relay(struct session *s, struct error *err);

/* Sends what is queued on both channels, for at most `seconds`. */
int session_flush(struct session *s, int seconds, struct error *err);

#endif
