#include "host/guest/guest.h"

#include "common/util.h"

int guest_open(struct guest *g, const struct guest_setup *setup, struct error *err)
{
    struct machine *machine = setup->machine;
    *g = (struct guest){
        .loop = setup->loop,
        .spec = setup->spec,
        .link = LINK_NONE(setup->loop),
        .machine =
            {
                .loop = setup->loop,
                .spec = setup->spec,
                .machine = machine,
                .log = setup->log,
                .debugging = setup->debugging,
                .network = setup->network,
            },
    };
    if (machine_watch_open(&g->machine, err) < 0)
        return -1;
    return link_open(&g->link, setup->loop, take_fd(&machine->control_fd),
                     take_fd(&machine->data_fd), err);
}

void guest_close(struct guest *g)
{
    machine_watch_close(&g->machine);
    link_close(&g->link);
}

static int machine_ended(struct guest *g, struct error *err)
{
    AUTO_FREE char *what =
        xasprintf("%s ended before the workload %s", g->machine.machine->ops->machine,
                  g->link.phase < LINK_RUNNING ? "started" : "did");
    return machine_describe_failure(&g->machine, what, err);
}

/* All that the workload had to say has come; the user may take longer to read than the machine
 * waits. */
static bool has_said_all(const struct guest *g)
{
    const struct guest_process *p = g->link.processes;
    while (p && process_is_over(p))
        p = p->next;
    return g->link.phase == LINK_EXITED && !p;
}

int guest_turn(struct guest *g, int64_t deadline, struct error *err)
{
    int64_t doubt = machine_watch_deadline(&g->machine);
    link_flush(&g->link);
    if (loop_turn(g->loop, doubt < deadline ? doubt : deadline, err) < 0)
        return -1;
    if (g->follower.turned)
        g->follower.turned(g->follower.owner);
    if (has_said_all(g))
        return 0;
    /* Only a copy's machine has been told something before HELLO. */
    if (machine_check(&g->machine, g->link.phase == LINK_BOOT, err) < 0)
        return -1;
    return link_ended(&g->link) ? machine_ended(g, err) : 0;
}

/* When the machine has had its time if it has a processor for itself from now on. */
static int64_t had_its_time(const struct guest *g, int64_t computing)
{
    int64_t had = machine_time_ns(g->machine.machine);
    return computing - had < DEADLINE_NONE - now_ns() ? now_ns() + computing - had : DEADLINE_NONE;
}

int guest_wait_hello(struct guest *g, int64_t deadline, int64_t computing, struct error *err)
{
    while (g->link.phase < LINK_HELLO) {
        int64_t end = had_its_time(g, computing);
        bool computes = end < deadline;
        if (now_ns() >= (computes ? end : deadline))
            return machine_describe_failure(
                &g->machine,
                computes ? "the guest is busy but does not answer"
                         : "the guest did not answer in time (--boot-timeout)",
                err);
        if (guest_turn(g, computes ? end : deadline, err) < 0)
            return -1;
    }
    return 0;
}

/* Turns until the phase is reached. */
static int wait_for_phase(struct guest *g, enum link_phase phase, const char *what,
                          struct error *err)
{
    int64_t deadline = now_ns() + g->spec->boot_timeout;
    while (g->link.phase < phase) {
        if (now_ns() >= deadline)
            return machine_describe_failure(&g->machine, what, err);
        if (guest_turn(g, deadline, err) < 0)
            return -1;
    }
    return 0;
}

int guest_prepare(struct guest *g, const char *shape, struct error *err)
{
    if (link_prepare(&g->link, shape, err) < 0)
        return -1;
    return wait_for_phase(g, LINK_READY, "the guest did not prepare the container in time", err);
}

int guest_start(struct guest *g, const char *config, struct guest_process *workload,
                const struct stream_fds *fds, struct error *err)
{
    if (link_start(&g->link, config, workload, fds, err) < 0)
        return -1;
    return wait_for_phase(g, LINK_RUNNING, "the guest did not start the workload in time", err);
}
