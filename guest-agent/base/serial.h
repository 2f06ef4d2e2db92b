/*
 * The machine's serial console line: the one place that knows its names by architecture.
 */
#ifndef VMC_GUEST_AGENT_BASE_SERIAL_H
#define VMC_GUEST_AGENT_BASE_SERIAL_H

/*
 * Opens the first serial line that exists, without making it the controlling terminal. The caller
 * owns the descriptor; -1 with errno: ENODEV when there is no such line.
 */
int serial_open(void);

/* Makes a line carry bytes as they are, in both directions; -1 with errno. */
int serial_make_raw(int fd);

#endif
