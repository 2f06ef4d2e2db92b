/*
 * Standard input on its way to the workload. vmc consumes no more than the workload reads, so a
 * shell loop around vmc keeps what its commands leave (POSIX demands this of its own utilities, XCU
 * 1.4, "INPUT FILES"). The agent's second credit says that the workload reads (protocol.h), its
 * exit record how much it has read.
 *
 * - A regular file is read ahead, and its offset is set back at the end: exact.
 * - The first piece of a pipe or a socket is peeked at and left there until the workload has read
 *   it; from then on it is read ahead, up to the window.
 * - A terminal is read at once while in the foreground (terminal.h), anything else at once.
 */
#ifndef VMC_HOST_GUEST_INPUT_H
#define VMC_HOST_GUEST_INPUT_H

#include "common/relay.h"

enum input_kind {
    INPUT_STREAM, /* read as it comes */
    INPUT_FILE,
    INPUT_PIPE,
    INPUT_SOCKET,
};

struct input {
    struct relay_source source;
    int fd; /* borrowed: what is read; source has its own descriptor for it */
    enum input_kind kind;
    off_t start;      /* of a file */
    uint64_t earlier; /* bytes sent from earlier descriptors */
    uint64_t sent;    /* bytes sent from this one */
    uint32_t peeked;  /* of a pipe or socket: bytes sent and still in it */
    int peek[2];      /* owned: where a pipe's first piece is copied to, unconsumed */
    bool at_end;      /* it was at its end from the start */
    bool reads;       /* the workload reads */
};
#define INPUT_NONE                                                                                 \
    {                                                                                              \
        .source.fd = -1, .fd = -1, .peek = { -1, -1 }                                              \
    }

/*
 * Makes fd the input of that stream's process; -1, or a closed descriptor, is at its end;
 * RELAY_PARKED: no descriptor for now.
 */
void input_open(struct input *in, struct channel *ch, uint16_t stream, int fd);

/*
 * Nobody else reads it: it is read at once, whatever its kind. A terminal's input must be: the
 * agent cannot see how much of that is read, and sends no second credit for it.
 */
void input_read_ahead(struct input *in);

/* The process has started: sends it the end of an input that was at its end from the start. */
void input_begin(struct input *in, struct channel *ch);

/* Switches to another descriptor. What was sent from the old one is consumed. */
void input_join(struct input *in, int fd);

/* True while reading makes sense: poll source.fd for POLLIN then. */
bool input_wants_read(const struct input *in);
void input_pump(struct input *in, struct channel *ch);

/* The agent's CREDIT and CLOSE. */
int input_credit(struct input *in, uint32_t count, struct error *err);
void input_close(struct input *in, struct channel *ch);

/* The process has ended after reading taken bytes in all: the rest is left to other readers. */
void input_end(struct input *in, uint64_t taken);

void input_free(struct input *in);

#endif
