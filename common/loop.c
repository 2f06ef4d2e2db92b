#include "common/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "common/io.h"
#include "common/util.h"

void loop_free(struct loop *l)
{
    free(l->watches);
    free(l->fds);
    *l = (struct loop){0};
}

void loop_add(struct loop *l, struct watch *w)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->watches = xrealloc(l->watches, l->room, sizeof(struct watch *));
        l->fds = xrealloc(l->fds, l->room, sizeof(struct pollfd));
    }
    l->watches[l->count++] = w;
}

void loop_remove(struct loop *l, const struct watch *w)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->watches[i] == w)
            l->watches[i] = NULL;
}

/* Between turns: places in the two arrays must agree during one. */
static void forget_removed(struct loop *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->watches[i])
            l->watches[kept++] = l->watches[i];
    l->count = kept;
}

static struct pollfd question(const struct watch *w)
{
    short events = POLLIN;
    if (w->events)
        events = w->events(w->owner);
    return events == WATCH_NOTHING ? (struct pollfd){.fd = -1}
                                   : (struct pollfd){.fd = *w->fd, .events = events};
}

int loop_turn(struct loop *l, int64_t deadline, struct error *err)
{
    forget_removed(l);
    size_t count = l->count;
    for (size_t i = 0; i < count; i++)
        l->fds[i] = question(l->watches[i]);
    if (poll(l->fds, count, poll_timeout(deadline)) < 0)
        return errno == EINTR ? 0 : error_errno(err, "cannot wait for events");
    for (size_t i = 0; i < count; i++) {
        struct watch *w = l->watches[i];
        if (w && l->fds[i].revents && w->ready(w->owner, l->fds[i].revents, err) < 0)
            return -1;
    }
    return 0;
}
