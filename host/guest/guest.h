/*
 * A guest from its first word to the end of its workload: the machine that it is in, and the talk
 * with its agent, in one loop.
 */
#ifndef VMC_HOST_GUEST_GUEST_H
#define VMC_HOST_GUEST_GUEST_H

#include "host/guest/link.h"
#include "host/machine/watch.h"

/* From EXIT to the last byte of output, while nothing waits for our own side. */
#define GUEST_OUTPUT_GRACE_NS (10 * NS_PER_S)

/* Whoever follows what becomes of processes: told after each turn. */
struct guest_follower {
    void (*turned)(void *owner); /* NULL: nobody */
    void *owner;
};

struct guest {
    struct loop *loop; /* borrowed */
    const struct vm_spec *spec;
    struct link link;
    struct machine_watch machine;
    struct guest_follower follower;
};

/* What a guest needs to have; all borrowed, and outliving it but for the machine's two ports. */
struct guest_setup {
    struct loop *loop;
    const struct vm_spec *spec;
    struct machine *machine;
    struct console_log *log;
    struct debugging *debugging;
    struct network *network; /* NULL: nothing has a helper to listen to */
};

/* Takes the machine's descriptors into use. g does not move until guest_close(), also after -1. */
int guest_open(struct guest *g, const struct guest_setup *setup, struct error *err);
void guest_close(struct guest *g);

/*
 * One turn of the loop, until the deadline (now_ns() time) at the latest, and a look whether the
 * machine and its guest are still there: -1 and why when they are not, or when a watch has failed.
 */
int guest_turn(struct guest *g, int64_t deadline, struct error *err);

/*
 * Until HELLO, at the latest at the deadline (now_ns() time); and no longer than until the machine
 * has had so much of the processors' time, ns, or DEADLINE_NONE: on a busy host a machine waits,
 * and is no worse for it.
 */
int guest_wait_hello(struct guest *g, int64_t deadline, int64_t computing, struct error *err);

/*
 * Sends the container's shape and waits for PREPARED. Not for a copy: its template was told. The
 * guest's ERROR becomes err.
 */
int guest_prepare(struct guest *g, const char *shape, struct error *err);

/* Sends the configuration and waits for STARTED. The guest's ERROR becomes err. */
int guest_start(struct guest *g, const char *config, struct guest_process *workload,
                const struct stream_fds *fds, struct error *err);

#endif
