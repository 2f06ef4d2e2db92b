/* Check: what --uml needs, and whether its kernel starts here. */
#include <sys/stat.h>

#include "common/channel.h"
#include "common/io.h"
#include "common/util.h"
#include "host/backend/uml/uml.h"
#include "host/check/checks.h"
#include "host/check/start.h"
#include "host/machine/debugging.h"
#include "host/machine/machine.h"

#define CHILD_TIMEOUT (30 * NS_PER_S)
#define HELLO_TIMEOUT (20 * NS_PER_S)

struct kernel_probe {
    struct vm_spec spec;
    struct guest_image image;
    char *program;
};

static int wait_for_hello(struct machine *machine, struct error *err)
{
    struct channel control = {.fd = -1};
    struct frame frame;
    bool eof = false;
    int64_t deadline = now_ns() + HELLO_TIMEOUT;
    int result = channel_open(&control, take_fd(&machine->control_fd), PEER_GUEST_CONTROL, err);
    while (result == 0 && !eof) {
        if (!wait_readable(control.fd, deadline))
            break;
        result = channel_fill(&control, &eof, err) < 0 ? -1 : channel_next(&control, &frame, err);
    }
    channel_close(&control);
    if (result == 0)
        return error_set(err, "the kernel %s before its agent sent a message",
                         eof ? "ends" : "does nothing");
    return result < 0 ? -1 : 0;
}

/* A kernel in its jail, until its agent says HELLO. */
static int try_kernel(const struct check_place *place, void *arg, struct error *err)
{
    const struct kernel_probe *probe = arg;
    const struct volumes no_volumes = {0};
    const struct network no_network = NETWORK_INIT;
    const struct debugging no_debugging = DEBUGGING_INIT;
    AUTO_FREE char *share = xasprintf("%s/share", place->container->dir);
    const struct rootfs rootfs = {.share = share, .read_only = true, .disk_fd = -1};
    const struct machine_request request = {
        .spec = &probe->spec,
        .vmm = probe->program,
        .image = &probe->image,
        .container = place->container,
        .ids = place->ids,
        .privileged = place->privileged,
        .rootfs = &rootfs,
        .swap_fd = -1,
        .volumes = &no_volumes,
        .network = &no_network,
        .debugging = &no_debugging,
    };
    struct machine machine = MACHINE_INIT;
    struct isolation isolation = {0};
    if (place->those_missing)
        return error_set(err, "%s", place->those_missing);
    if (mkdir(share, 0700) < 0)
        return error_errno(err, "cannot make %s", share);
    int result = machine_start(&request, &machine, &isolation, err);
    if (result == 0)
        result = wait_for_hello(&machine, err);
    machine_stop(&machine);
    isolation_free(&isolation);
    return result;
}

void check_uml(struct checks *checks)
{
    struct kernel_probe probe = {0};
    AUTO_FREE char *output = NULL;
    struct error err = ERROR_INIT;
    int result = check_spec("--uml", &probe.spec, &err);
    if (result == 0)
        result = machine_ops(BACKEND_UML)->find(&probe.spec, &probe.program, &probe.image, &err);
    if (result == 0)
        result = check_start(try_kernel, &probe, CHILD_TIMEOUT, &output, &err);
    guest_image_free(&probe.image);
    free(probe.program);
    spec_free(&probe.spec);
    if (result < 0)
        checks_add(checks, "uml", CHECK_WARN, xstrdup(err.text),
                   xstrdup("vmc run --uml does not work here; runs without it are not affected"));
    else
        checks_add(
            checks, "uml", CHECK_OK,
            xstrdup("vmc run --uml works: a kernel of its own that is a host process, isolated by "
                    "a jail with at most 30 host system calls, not by hardware virtualization"),
            NULL);
}
