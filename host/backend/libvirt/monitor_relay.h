/*
 * libvirt's monitor in front of QEMU's, in the emulator that stands in for QEMU (emulator.h).
 *
 * QEMU is in a PID namespace, and the numbers it gives its threads mean others outside: libvirt
 * would put those into its control groups, and pin them. It is told the emulator's own number for
 * each, which it knows from old QEMUs without threads and does nothing with.
 */
#ifndef VMC_HOST_BACKEND_LIBVIRT_MONITOR_RELAY_H
#define VMC_HOST_BACKEND_LIBVIRT_MONITOR_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/queue.h"

/* Where in a "thread-id" the stream is; zero-initialised is at its beginning. */
struct thread_filter {
    size_t matched;
    bool in_number;
};

/* Appends what QEMU says to out, with pid for the number of each thread. Pure. */
void thread_filter_add(struct thread_filter *filter, const char *bytes, size_t length, pid_t pid,
                       struct queue *out);

/*
 * Serves connections of libvirt's at listener, one after the other, each with a connection to
 * QEMU's socket at path. Returns when life can be read or has ended.
 */
void monitor_relay(int life, int listener, const char *path);

#endif
