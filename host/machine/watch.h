/*
 * A running machine in a loop: its console, its process's messages, its monitor, and the processes
 * that it needs. And how it ended.
 */
#ifndef VMC_HOST_MACHINE_WATCH_H
#define VMC_HOST_MACHINE_WATCH_H

#include "common/loop.h"
#include "host/machine/console_log.h"
#include "host/machine/debugging.h"
#include "host/machine/last_words.h"
#include "host/machine/machine.h"
#include "host/network/network.h"

/* Console, serial line, errors, monitor, keeper, the network's helper, and the file servers. */
#define MACHINE_WATCHES (6 + MACHINE_SHARES_MAX)

/*
 * Something has ended that also ends with the machine's process. A moment later it is clear which
 * of the two ended first.
 */
enum machine_doubt {
    DOUBT_NONE,
    DOUBT_KEEPER,
    DOUBT_FILE_SERVER,
};

/* All borrowed until machine_watch_close(). */
struct machine_watch {
    struct loop *loop;
    const struct vm_spec *spec;
    struct machine *machine;
    struct console_log *log;     /* it outlives a machine that is replaced */
    struct debugging *debugging; /* may dump the guest's memory */
    struct network *network;     /* its helper's messages; NULL: none */
    struct vmm_errors errors;
    enum machine_doubt doubt;
    int64_t doubt_ends; /* now_ns() time: the machine's process has not ended, either */
    struct watch watches[MACHINE_WATCHES];
    size_t count;
};

/* The caller fills the members above errors. */
int machine_watch_open(struct machine_watch *w, struct error *err);
void machine_watch_close(struct machine_watch *w);

/* When machine_check() has something to say at the latest (now_ns() time), or DEADLINE_NONE. */
int64_t machine_watch_deadline(const struct machine_watch *w);

/*
 * After a turn of the loop: 0 while the machine runs, -1 with the reason if not. restoring: it is a
 * copy that has not said HELLO, whose device state may not fit.
 */
int machine_check(struct machine_watch *w, bool restoring, struct error *err);

/* Fills err with "what: cause", post_mortem.h, and the end of the console. Returns -1. */
int machine_describe_failure(struct machine_watch *w, const char *what, struct error *err);

#endif
