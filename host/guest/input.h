/*
 * Standard input on its way to the workload, of which no more is taken than the workload reads: a
 * shell's loop around vmc keeps what its commands leave (POSIX wants that of its own utilities,
 * XCU 1.4, "INPUT FILES"). The agent's second credit says that the workload reads (protocol.h), and
 * its exit record how much it has read.
 *
 * - A regular file is read ahead, and its offset put back in the end: exact.
 * - Of a pipe or a socket the first piece is looked at and left there until the workload has read
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
    int fd; /* borrowed: what is read, of which source has a descriptor of its own */
    enum input_kind kind;
    off_t start;      /* of a file */
    uint64_t earlier; /* bytes that were sent of others before it */
    uint64_t sent;    /* bytes of it */
    uint32_t peeked;  /* of a pipe or socket: sent and still in there */
    int peek[2];      /* owned: where a pipe's first piece is copied to, without being taken */
    bool at_end;      /* from the start */
    bool reads;       /* the workload does */
};
#define INPUT_NONE                                                                                 \
    {                                                                                              \
        .source.fd = -1, .fd = -1, .peek = { -1, -1 }                                              \
    }

/*
 * A descriptor, for the process of that stream; -1, or one that is closed, is at its end, and
 * RELAY_PARKED is none for now.
 */
void input_open(struct input *in, struct channel *ch, uint16_t stream, int fd);

/* The process is there: it learns of an end that was there from the start. */
void input_begin(struct input *in, struct channel *ch);

/* Another one from now on. What was sent of the old one is taken. */
void input_join(struct input *in, int fd);

/* True while reading makes sense: poll source.fd for POLLIN then. */
bool input_wants_read(const struct input *in);
void input_pump(struct input *in, struct channel *ch);

/* The agent's CREDIT and CLOSE. */
int input_credit(struct input *in, uint32_t count, struct error *err);
void input_close(struct input *in, struct channel *ch);

/* The process has ended and has read so many bytes in all: the rest is left to others. */
void input_end(struct input *in, uint64_t taken);

void input_free(struct input *in);

#endif
