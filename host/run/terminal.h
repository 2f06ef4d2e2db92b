/*
 * The user's terminal, of which vmc is one job among others: its mode is changed and what is typed
 * is read only while vmc is in the foreground (termios(3), credentials(7)). A job in the background
 * that did either would be stopped; vmc is not, since the workload may not need the terminal.
 */
#ifndef VMC_HOST_RUN_TERMINAL_H
#define VMC_HOST_RUN_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "common/error.h"
#include "common/protocol.h"

/* How often a background job looks: no event tells that it has come to the foreground. */
#define TERMINAL_LOOK_NS (200 * 1000000LL)

/* Standard input, if it is a terminal. */
struct user_terminal {
    bool present;
    bool wants_raw;
    bool foreground; /* as of the last look; always true without job control */
    bool raw;        /* the settings have been changed and must be put back */
    struct termios saved;
};

/*
 * Takes standard input as the terminal, if it is one; raw: as cfmakeraw(3) while in the foreground,
 * so that every key goes to the guest.
 */
int terminal_open(struct user_terminal *t, bool raw, struct error *err);

/*
 * Looks whether vmc is in the foreground and sets the mode accordingly. Call it after SIGCONT, too.
 */
void terminal_look(struct user_terminal *t);

/* Restores the settings. Harmless if they were never changed, or the terminal is gone. */
void terminal_restore(struct user_terminal *t);

/* The size of the window; 24 by 80 if the terminal does not know it. */
struct window_size terminal_size(void);

#endif
