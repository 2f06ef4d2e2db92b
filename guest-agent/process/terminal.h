/*
 * The workload's terminal: a pseudo terminal in the guest, so that the workload leads its
 * session as it does under docker-run(1) -t. What is on its master travels over the data port like
 * any other stream: STDIN goes in, STDOUT comes out of it.
 */
#ifndef VMC_GUEST_AGENT_PROCESS_TERMINAL_H
#define VMC_GUEST_AGENT_PROCESS_TERMINAL_H

#include <stdbool.h>

#include "common/error.h"
#include "common/protocol.h"
#include "guest-agent/container/user.h"

/* All descriptors owned; -1 when closed. Zero is not a valid state: TERMINAL_NONE. */
struct terminal {
    int master; /* does not block */
    int slave;  /* kept open until the workload has ended: the master never sees a false end */
};
#define TERMINAL_NONE                                                                              \
    {                                                                                              \
        .master = -1, .slave = -1                                                                  \
    }

/*
 * Opens the pair, the slave owned by user (NULL: by us). In a machine of our own it also becomes
 * /dev/console.
 */
int terminal_open(struct terminal *t, const struct window_size *size, const struct user *user,
                  bool own_machine, struct error *err);
void terminal_resize(const struct terminal *t, const struct window_size *size);

/* Closes the slave: the master is at its end when the last process's output is read. */
void terminal_end(struct terminal *t);

/*
 * The host's terminal has gone. Once no other descriptor of the master is open, the kernel hangs
 * the slave up: SIGHUP for its foreground process group, end of file for its readers. pty(7)
 */
void terminal_hang_up(struct terminal *t);

void terminal_close(struct terminal *t);

#endif
