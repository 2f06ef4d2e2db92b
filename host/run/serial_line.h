/*
 * Standard input and output joined to the machine's serial line, for the maintenance shell.
 */
#ifndef VMC_HOST_RUN_SERIAL_LINE_H
#define VMC_HOST_RUN_SERIAL_LINE_H

#include "common/error.h"
#include "common/queue.h"

struct serial_line {
    int in_fd;     /* owned; -1: closed or not used */
    int out_fd;    /* owned */
    int serial_fd; /* borrowed from the machine */
    struct queue to_guest;
    struct queue to_user;
};

#define SERIAL_LINE_INIT                                                                           \
    {                                                                                              \
        .in_fd = -1, .out_fd = -1, .serial_fd = -1                                                 \
    }

int serial_line_open(struct serial_line *l, int serial_fd, struct error *err);
void serial_line_close(struct serial_line *l);

/* poll(2) events for each of the three descriptors now; 0: do not wait for it. */
short serial_line_in_events(const struct serial_line *l);
short serial_line_out_events(const struct serial_line *l);
short serial_line_events(const struct serial_line *l);

/* Moves what can be moved now, without blocking. */
void serial_line_pump(struct serial_line *l, short in, short out, short serial);

/* Takes what the serial line holds, until it would block or 64 KiB wait for the user. */
void serial_line_drain(struct serial_line *l);

#endif
