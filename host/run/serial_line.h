/*
 * Standard input and output joined to a machine's serial line, for the maintenance shell.
 */
#ifndef VMC_HOST_RUN_SERIAL_LINE_H
#define VMC_HOST_RUN_SERIAL_LINE_H

#include <stdbool.h>

#include "common/error.h"
#include "common/loop.h"
#include "common/queue.h"

struct serial_line {
    struct loop *loop; /* borrowed */
    int in_fd;         /* all owned; -1: at its end */
    int out_fd;
    int serial_fd;
    bool held;            /* input waits for now */
    const char *farewell; /* sent to the guest at the end of the input; NULL: nothing */
    /* Called with everything that comes from the guest, before it is written. */
    void (*heard)(void *owner, const char *bytes, size_t length);
    void *owner;
    struct queue to_guest;
    struct queue to_user;
    struct watch watches[3];
};

#define SERIAL_LINE_INIT                                                                           \
    {                                                                                              \
        .in_fd = -1, .out_fd = -1, .serial_fd = -1                                                 \
    }

/*
 * Takes over serial_fd. The caller fills the other members. l stays at its address until its close.
 */
int serial_line_open(struct serial_line *l, int serial_fd, struct error *err);
void serial_line_close(struct serial_line *l);

/* True when the guest's end is closed and all that it brought is written. */
bool serial_line_done(const struct serial_line *l);

#endif
