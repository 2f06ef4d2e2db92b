#include "host/machine/watch.h"

#include <poll.h>

#include "common/io.h"
#include "common/util.h"
#include "host/machine/post_mortem.h"

/* Between the end of a killed hypervisor's sockets, which others see, and its own. */
#define DYING_PATIENCE_NS (500 * NS_PER_MS)

/* Whoever keeps a machine lets it go, and its file servers end, when its process does: no news. */
static bool has_ended(const struct machine *machine)
{
    return wait_readable(machine->process.pidfd, now_ns() + DYING_PATIENCE_NS);
}

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

static int keeper_left(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents;
    if (!has_ended(w->machine))
        return error_set(err, "%s", w->machine->ops->let_go);
    close_fd(&w->machine->keeper_fd);
    return 0;
}

static int file_server_ended(void *owner, short revents, struct error *err)
{
    struct machine_watch *w = owner;
    (void)revents;
    if (!has_ended(w->machine))
        return machine_describe_failure(w, "the host's files are gone: virtiofsd ended", err);
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

int machine_check(struct machine_watch *w, bool restoring, struct error *err)
{
    const struct qmp *monitor = &w->machine->monitor;
    if (monitor->shutdown)
        debugging_dump(w->debugging, &w->machine->monitor, w->spec->memory);
    if (restoring && (monitor->lost || monitor->failure[0]))
        return machine_describe_failure(w, "the state of the devices cannot be restored", err);
    if (!monitor->stopped)
        return 0;
    if (monitor->io_node[0])
        return post_mortem_disk(monitor, w->spec, err);
    return machine_describe_failure(
        w, monitor->shutdown ? "the guest ended" : "the hypervisor stopped the guest", err);
}
