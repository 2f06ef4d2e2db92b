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
    bool own_machine;  /* PID 1 of a virtual machine: it may set clocks, mount and end everyone */
};

/*
 * Serves the session to its end; the caller has blocked all signals. Every failure has been told
 * to the host when this returns. 0 when the host was told EXIT or ERROR, -1 when it was not: the
 * host has left or broken the protocol beyond saying so.
 */
int session_serve(const struct session_setup *setup);

#endif
