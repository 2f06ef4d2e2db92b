/*
 * The user's terminal joined to the machine's serial line, for --tty.
 */
#ifndef VMC_HOST_TERMINAL_H
#define VMC_HOST_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "common/protocol.h"
#include "common/queue.h"

struct terminal {
    int in_fd;     /* owned; -1: closed or not used */
    int out_fd;    /* owned */
    int serial_fd; /* borrowed from the machine */
    bool raw;      /* the settings have been changed and must be put back */
    struct termios saved;
    struct queue to_guest;
    struct queue to_user;
};

#define TERMINAL_INIT                                                                              \
    {                                                                                              \
        .in_fd = -1, .out_fd = -1, .serial_fd = -1                                                 \
    }

/* Joins standard input and output to the serial line. The terminal is not raw yet. */
int terminal_open(struct terminal *t, int serial_fd, struct error *err);

/* Raw mode, as cfmakeraw(3): every key goes to the guest. */
int terminal_make_raw(struct terminal *t, struct error *err);

/* The settings as they were. Harmless when they were never changed, or the terminal is gone. */
void terminal_restore(struct terminal *t);

/* Restores, and closes. */
void terminal_close(struct terminal *t);

/* The size of the window; 24 by 80 where the terminal does not know. */
struct window_size terminal_size(void);

/* poll(2) events for each of the three descriptors now; 0: do not wait for it. */
short terminal_in_events(const struct terminal *t);
short terminal_out_events(const struct terminal *t);
short terminal_serial_events(const struct terminal *t);

/* Moves what can be moved now, without blocking. */
void terminal_pump(struct terminal *t, short in, short out, short serial);

/* Takes what the serial line holds, until it would block or 64 KiB wait for the user. */
void terminal_drain_serial(struct terminal *t);

#endif
