/*
 * poll(2) over things that come and go: descriptors of a machine, of processes' streams, of
 * clients. Host and agent use it. (poll, since epoll refuses regular files.)
 *
 * The caller that adds a watch owns it and its descriptor; the loop only borrows them. Nothing that
 * is called from a turn may block.
 */
#ifndef VMC_COMMON_LOOP_H
#define VMC_COMMON_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct watch {
    const int *fd; /* where the descriptor is; it may change from turn to turn; -1: none now */
    /* What to wait for, as in poll(2): 0: only POLLERR and POLLHUP; WATCH_NOTHING: do not look.
     * Asked before each poll(2). NULL: always POLLIN. */
    short (*events)(const void *owner);
    /* What poll(2) said of it, never 0. -1 with err ends the turn. */
    int (*ready)(void *owner, short revents, struct error *err);
    void *owner;
};
#define WATCH_NOTHING (-1)

/* Zero-initialised is empty. */
struct loop {
    struct watch **watches; /* in the order in which they were added; NULL: removed */
    size_t count;
    size_t room;
    struct pollfd *fds; /* of the same room */
};

/* Frees what the loop owns; the watches are left alone. */
void loop_free(struct loop *l);

/* Watches are asked and told in the order in which they were added. One added in a turn waits for
 * the next. */
void loop_add(struct loop *l, struct watch *w);

/* Also during a turn: the watch is not called any more. No effect if it is not there. */
void loop_remove(struct loop *l, const struct watch *w);

/*
 * Waits until something is ready, at the latest until the deadline (now_ns() time), and tells its
 * watches, all of them: 0, also when nothing was ready. The first -1 of a watch, or of poll(2), is
 * returned.
 */
int loop_turn(struct loop *l, int64_t deadline, struct error *err);

#endif
