/*
 * One session with the host: HELLO, CONFIG, the workload, EXIT. The whole life of the agent.
 */
#ifndef VMC_GUEST_AGENT_SESSION_SESSION_H
#define VMC_GUEST_AGENT_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct session_setup {
    int control; /* both owned and still blocking */
    int data;
    int frames;        /* owned, or -1: what carries the network's frames, where no device does */
    uint64_t began_ns; /* CLOCK_BOOTTIME when the agent began */
    bool own_machine;  /* PID 1 of a virtual machine: it may set clocks, mount and kill all */
};

/*
 * Serves the session to its end; the caller has blocked all signals. Every failure has been
 * reported to the host when this returns. 0 if EXIT or ERROR was sent, -1 if not: the host has
 * left, or has broken the protocol so that nothing can be sent.
 */
int session_serve(const struct session_setup *setup);

#endif
