/*
 * The three streams of one process, on the agent's side: pipes, or a terminal both ways and no
 * third one. They are watched in the session's loop from streams_open() to streams_free().
 */
#ifndef VMC_GUEST_AGENT_SESSION_STREAMS_H
#define VMC_GUEST_AGENT_SESSION_STREAMS_H

#include <stdbool.h>

#include "common/channel.h"
#include "common/loop.h"
#include "common/relay.h"
#include "guest-agent/process/process.h"
#include "guest-agent/process/terminal.h"

/* Zero is not a valid state: STREAMS_NONE. */
struct streams {
    struct loop *loop;    /* borrowed; NULL: not open */
    struct channel *data; /* borrowed */
    struct terminal terminal;
    struct relay_sink input;
    struct relay_source output, error_output;
    struct watch on_input, on_output, on_error_output;
    bool ended; /* the process has ended */
};
#define STREAMS_NONE                                                                               \
    {                                                                                              \
        .terminal = TERMINAL_NONE, .input.fd = -1, .output.fd = -1, .error_output.fd = -1          \
    }

/* Takes over the descriptors that a process has when it has started. s stays at its address. */
void streams_open(struct streams *s, struct loop *loop, struct channel *data, uint16_t stream,
                  struct process *process);

/* A frame of the host's data port for this process. */
int streams_frame(struct streams *s, const struct frame *frame, struct error *err);

void streams_resize(const struct streams *s, const struct window_size *size);

/*
 * The process has ended, and its input has no reader any more: returns how many bytes of it were
 * read. The outputs are read as long as other processes write to them.
 */
uint64_t streams_end(struct streams *s);

/* The outputs end with what is in them now, whoever still holds them open. */
void streams_drain(struct streams *s);

/* Ends the outputs with what has been sent of them. */
void streams_cut(struct streams *s);

/* True when both outputs are at their end. */
bool streams_done(const struct streams *s);

void streams_free(struct streams *s);

#endif
