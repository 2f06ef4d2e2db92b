#include "host/machine/watch.h"

#include <poll.h>

#include "common/io.h"
#include "common/util.h"
#include "host/machine/post_mortem.h"

/* Time between the closing of a killed hypervisor's sockets, which others see, and its end. */
#define DYING_PATIENCE_NS (500 * NS_PER_MS)

static int hear_console(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    console_pump(w->log, &w->machine->console_fd);
    return 0;
}

static int hear_serial(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    console_pump(w->log, &w->machine->serial_fd);
    return 0;
}

static int hear_errors(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    vmm_errors_pump(&w->errors, w->machine);
    return 0;
}

static int hear_network(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    network_listen(w->network);
    return 0;
}

static int hear_monitor(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents;
    return qmp_pump(&w->machine->monitor, err);
}

static void doubt(struct machine_watch *w, enum machine_doubt what)
{
    if (w->doubt == DOUBT_NONE)
        w->doubt_ends = now_ns() + DYING_PATIENCE_NS;
    w->doubt = what;
}

static int keeper_left(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    close_fd(&w->machine->keeper_fd);
    doubt(w, DOUBT_KEEPER);
    return 0;
}

/* One of several: all of them are the guest's files. */
static int file_server_ended(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents, (void)err;
    for (size_t i = 0; i < w->count; i++)
        if (w->watches[i].ready == file_server_ended)
            loop_remove(w->loop, &w->watches[i]);
    doubt(w, DOUBT_FILE_SERVER);
    return 0;
}

static void add(struct machine_watch *w, const int *fd,
                int (*ready)(void *owner, short revents, struct error *err))
{
    struct watch *watch = &w->watches[w->count++];
    *watch = (struct watch){.fd = fd, .ready = ready, .owner = w};
    loop_add(w->loop, watch);
}

int machine_watch_open(struct machine_watch *w, struct error *err)
{
    struct machine *m = w->machine;
    if ((m->console_fd >= 0 && set_nonblocking(m->console_fd, true) < 0) ||
        (m->serial_fd >= 0 && set_nonblocking(m->serial_fd, true) < 0))
        return error_errno(err, "cannot make a socket non-blocking");
    add(w, &m->console_fd, hear_console);
    add(w, &m->serial_fd, hear_serial);
    add(w, &m->errors_fd, hear_errors);
    if (w->network)
        add(w, &w->network->errors_fd, hear_network);
    add(w, &m->keeper_fd, keeper_left);
    for (int i = 0; i < MACHINE_SHARES_MAX; i++)
        add(w, &m->file_servers[i].pidfd, file_server_ended);
    add(w, &m->monitor.fd, hear_monitor);
    return 0;
}

void machine_watch_close(struct machine_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        loop_remove(w->loop, &w->watches[i]);
    w->count = 0;
}

int machine_describe_failure(struct machine_watch *w, const char *what, struct error *err)
{
    console_pump(w->log, &w->machine->serial_fd);
    return post_mortem(what, w->machine, w->log, &w->errors, err);
}

int64_t machine_watch_deadline(const struct machine_watch *w)
{
    return w->doubt == DOUBT_NONE ? DEADLINE_NONE : w->doubt_ends;
}

/* That of the machine's own process is told by its ports, and with its last words. */
static int check_doubt(struct machine_watch *w, struct error *err)
{
    if (w->doubt != DOUBT_NONE && wait_readable(w->machine->process.pidfd, 0))
        w->doubt = DOUBT_NONE;
    if (w->doubt == DOUBT_NONE || now_ns() < w->doubt_ends)
        return 0;
    if (w->doubt == DOUBT_KEEPER)
        return error_set(err, "%s", w->machine->ops->let_go);
    return machine_describe_failure(w, "the host's files are gone: virtiofsd ended", err);
}

int machine_check(struct machine_watch *w, bool restoring, struct error *err)
{
    const struct qmp *monitor = &w->machine->monitor;
    if (monitor->shutdown)
        debugging_dump(w->debugging, &w->machine->monitor, w->spec->memory);
    if (restoring && (monitor->lost || monitor->failure[0]))
        return machine_describe_failure(w, "the state of the devices cannot be restored", err);
    if (!monitor->stopped)
        return check_doubt(w, err);
    if (monitor->io_node[0])
        return post_mortem_disk(monitor, w->spec, err);
    return machine_describe_failure(
        w, monitor->shutdown ? "the guest ended" : "the hypervisor stopped the guest", err);
}
