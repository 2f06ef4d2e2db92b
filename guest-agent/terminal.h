/*
 * The workload's terminal: a pseudo terminal of the guest's, so that the workload leads its
 * session as it does under docker-run(1) -t, and the machine's serial line behind it as a mere
 * raw wire.
 *
 * The serial line itself would not do as a controlling terminal: when a session leader exits, the
 * kernel hangs such a line up and throws away what has not left it yet (disassociate_ctty() in
 * drivers/tty/tty_jobctrl.c), so the last kilobytes of output would be lost.
 */
#ifndef VMC_GUEST_AGENT_TERMINAL_H
#define VMC_GUEST_AGENT_TERMINAL_H

#include <poll.h>
#include <stdbool.h>

#include "common/error.h"
#include "common/protocol.h"
#include "common/queue.h"
#include "guest-agent/user.h"

/* All descriptors owned; -1 when closed. Zero is not a valid state: TERMINAL_NONE. */
struct terminal {
    int master;
    int slave;  /* kept open until the workload has ended: the master never sees a false end */
    int serial; /* -1: the bytes travel over the channel instead (no machine of our own) */
    struct queue to_serial;
    struct queue to_master;
};
#define TERMINAL_NONE                                                                              \
    {                                                                                              \
        .master = -1, .slave = -1, .serial = -1                                                    \
    }

/* Opens the machine's serial line and makes it raw. */
int terminal_open_serial(struct terminal *t, struct error *err);
/*
 * Opens the pair, the slave owned by user (NULL: by us). In a machine of our own it also becomes
 * /dev/console.
 */
int terminal_open(struct terminal *t, const struct window_size *size, const struct user *user,
                  bool own_machine, struct error *err);
void terminal_resize(const struct terminal *t, const struct window_size *size);

/* Closes the slave: the master is at its end when the last process's output is read. */
void terminal_hang_up(struct terminal *t);

/* Fills two entries for poll(2), with fd -1 where there is nothing to wait for. */
void terminal_poll(const struct terminal *t, struct pollfd fds[2]);
/* Moves what can be moved between master and serial line. */
int terminal_pump(struct terminal *t, const struct pollfd fds[2], struct error *err);

/* True when all output has been given to the serial line (or there is none). */
bool terminal_drained(const struct terminal *t);
/* Waits until it has left the line. tcdrain(3) */
void terminal_drain(const struct terminal *t);
void terminal_close(struct terminal *t);

#endif
