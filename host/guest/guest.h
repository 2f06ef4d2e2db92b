/*
 * A guest from HELLO to the end of its workload: its machine and the session with its agent, in one
 * loop.
 */
#ifndef VMC_HOST_GUEST_GUEST_H
#define VMC_HOST_GUEST_GUEST_H

#include "host/guest/link.h"
#include "host/machine/watch.h"

/* From EXIT to the last byte of output, unless the host's side is what delays it. */
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

/* What a guest needs. All is borrowed and outlives it, except the machine's two ports. */
struct guest_setup {
    struct loop *loop;
    const struct vm_spec *spec;
    struct machine *machine;
    struct console_log *log;
    struct debugging *debugging;
    struct network *network; /* NULL: no helper process to watch */
};

/* Takes over the machine's two ports. g stays at its address until guest_close(), also after -1. */
int guest_open(struct guest *g, const struct guest_setup *setup, struct error *err);
void guest_close(struct guest *g);

/*
 * One turn of the loop, at most until the deadline (now_ns() time), and a check that the machine
 * and its guest are still there: -1 with the reason if not, or if a watch has failed.
 */
int guest_turn(struct guest *g, int64_t deadline, struct error *err);

/*
 * Waits for HELLO until the deadline (now_ns() time), or until the machine has used computing ns of
 * processor time (DEADLINE_NONE: no such limit): a machine that waits on a busy host is not at
 * fault.
 */
int guest_wait_hello(struct guest *g, int64_t deadline, int64_t computing, struct error *err);

/*
 * Sends the container's shape and waits for PREPARED. Not for a copy, whose template has done this.
 * The guest's ERROR becomes err.
 */
int guest_prepare(struct guest *g, const char *shape, struct error *err);

/* Sends the configuration and waits for STARTED. The guest's ERROR becomes err. */
int guest_start(struct guest *g, const char *config, struct guest_process *workload,
                const struct stream_fds *fds, struct error *err);

#endif
