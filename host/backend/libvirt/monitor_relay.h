/*
 * A relay from libvirt's monitor to QEMU's, in the emulator that stands in for QEMU (emulator.h).
 *
 * QEMU is in a PID namespace, where its thread ids mean other threads than outside: libvirt would
 * put those into its control groups, and pin them. So libvirt gets the emulator's PID for each
 * thread, as from old QEMUs without threads, and does nothing with it.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_MONITOR_RELAY_H
#define VMC_HOST_BACKEND_LIBVIRT_MONITOR_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/queue.h"

/* The position of the stream in a "thread-id"; zero-initialised is at the beginning. */
struct thread_filter {
    size_t matched;
    bool in_number;
};

/* Appends QEMU's output to out, with pid for the id of each thread. Pure. */
void thread_filter_add(struct thread_filter *filter, const char *bytes, size_t length, pid_t pid,
                       struct queue *out);

/*
 * Serves libvirt's connections at listener, one after the other, each with a connection to QEMU's
 * socket at path. Returns when life can be read or has ended.
 */
void monitor_relay(int life, int listener, const char *path);

#endif
