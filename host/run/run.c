#include "host/run/run.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "host/base/notice.h"
#include "host/base/signals.h"
#include "host/base/userns.h"
#include "host/guest/config.h"
#include "host/run/boot.h"
#include "host/run/maintenance.h"
#include "host/spec/rootfs.h"
#include "host/store/disk_image.h"
#include "host/store/status.h"

void run_init(struct run *run)
{
    *run = (struct run){
        .container = CONTAINER_INIT,
        .ids = ID_RANGE_INIT,
        .rootfs = ROOTFS_INIT,
        .swap_fd = -1,
        .network = NETWORK_INIT,
        .debugging = DEBUGGING_INIT,
        .template = TEMPLATE_INIT,
        .log.file_fd = -1,
        .machine = MACHINE_INIT,
        .signal_fd = -1,
        .workload = GUEST_PROCESS_NONE,
        .timing.begin = now_ns(),
        .tsc = tsc_read(),
    };
}

static void take_times(struct run *run)
{
    run->timing.started = run->workload.started_ns;
    run->timing.exited = run->workload.exited_ns;
    run->timing.finished = run->foreground.finished_ns;
    run->timing.guest_started = run->workload.started;
    run->timing.hello = run->guest.link.hello_ns;
    run->timing.guest_hello = run->guest.link.hello;
}

void run_release(struct run *run)
{
    bool timing = run->spec.timing;
    foreground_close(&run->foreground);
    take_times(run);
    end_machine(run);
    loop_free(&run->loop);
    console_log_close(&run->log);
    debugging_close(&run->debugging);
    template_close(&run->template);
    network_release(&run->network);
    if (run->backend)
        machine_ops(run->spec.backend)->release(run->backend);
    seccomp_filter_free(&run->filter);
    file_capabilities_free(&run->capabilities);
    close_fd(&run->swap_fd);
    volumes_free(&run->volumes);
    rootfs_free(&run->rootfs);
    state_remove(&run->container);
    id_range_release(&run->ids);
    isolation_free(&run->isolation);
    close_fd(&run->signal_fd);
    accel_plan_free(&run->plan);
    free(run->vmm);
    guest_image_free(&run->image);
    spec_free(&run->spec);
    run->timing.end = now_ns();
    if (timing)
        timing_print(&run->timing);
}

/* Host ids for the hypervisor that root starts; an ordinary user's has that user's. */
static void take_ids(struct run *run, bool host_root)
{
    struct error why = ERROR_INIT;
    run->privileged = host_root && !run->spec.unprivileged;
    if (host_root && run->spec.unprivileged)
        isolation_lacks(&run->isolation, LAYER_IDS, "--nopriv keeps root's ids");
    else if (run->privileged && id_range_acquire(&run->ids, &why) < 0)
        isolation_lacks(&run->isolation, LAYER_IDS, "%s", why.text);
}

/* What can be refused is refused here, before anything has been made. */
static int check(struct run *run, struct error *err)
{
    if (run->spec.container.security.seccomp_text &&
        container_compile_seccomp(&run->spec.container, run->spec.arch->seccomp, &run->filter,
                                  err) < 0)
        return -1;
    return machine_ops(run->spec.backend)->find(&run->spec, &run->vmm, &run->image, err);
}

int run_prepare(struct run *run, struct error *err)
{
    const struct vm_spec *spec = &run->spec;
    const struct machine_ops *ops = machine_ops(spec->backend);
    bool host_root = am_host_root();
    if (check(run, err) < 0 || signals_open(&run->signal_fd, err) < 0 ||
        console_log_open(&run->log, spec->console, spec->debug && !spec->maintenance, err) < 0 ||
        debugging_open(&spec->debugging, &run->debugging, err) < 0 ||
        (ops->accelerated && accel_decide(spec, run->vmm, &run->image, &run->plan, err) < 0) ||
        state_create(&run->container, err) < 0 ||
        (ops->prepare && ops->prepare(spec, run->signal_fd, &run->backend, err) < 0) ||
        network_prepare(&spec->network, run->container.dir, ops->frames_in_pieces, &run->network,
                        err) < 0 ||
        namespaces_enter(spec->unprivileged, err) < 0)
        return -1;
    foreground_open(&run->foreground, &run->loop, run->signal_fd, spec->tty);
    state_sweep(&run->container);
    if (spec->upper == UPPER_NONE)
        notice("--upper none: changes go to %s itself", spec->rootfs);
    if (transport_lack(spec))
        notice("%s", transport_lack(spec));
    if (spec->keep && !spec->name)
        notice("changes are kept: --keep --name %s", run->container.id);
    take_ids(run, host_root);
    if (spec->maintenance)
        return 0;
    uint64_t swap = spec->container.cgroup.swap_max;
    if (swap > 0 && disk_image_create(swap, &run->swap_fd, err) < 0)
        return error_wrap(err, "--mem-swap");
    if (volumes_open(spec, &run->ids, &run->isolation, &run->volumes, err) < 0 ||
        rootfs_prepare(spec, &run->container, &run->ids, &run->isolation, &run->rootfs, err) < 0)
        return -1;
    return volumes_attach(spec, &run->container, &run->ids, run->rootfs.share, &run->volumes, err);
}

/* A machine that was not saved runs on all the same. */
static int keep_template(struct run *run, struct error *err)
{
    bool running;
    const struct vm_spec *spec = &run->spec;
    AUTO_FREE char *about = xasprintf("%s, %llum, %u CPU%s, %s", spec->arch->name,
                                      (unsigned long long)(spec->memory >> 20), spec->cpus,
                                      spec->cpus > 1 ? "s" : "", accel_name(run->plan.accel));
    if (run->template.role != TEMPLATE_MAKE ||
        run->machine.ops->save(&run->machine, &run->template, about, &running, &run->no_template) ==
            0)
        return 0;
    return running ? 0 : error_set(err, "the machine did not resume: %s", run->no_template.text);
}

/* A copy's template has had it made. */
int run_create(struct run *run, struct error *err)
{
    if (run->template.role == TEMPLATE_COPY)
        return 0;
    AUTO_FREE char *shape = agent_shape_json(&run->spec, &run->filter);
    if (guest_prepare(&run->guest, shape, err) < 0)
        return -1;
    return keep_template(run, err);
}

/* Where others find it from now on: vmc ps, vmc exec. */
static int note_status(const struct run *run, struct error *err)
{
    static const char *const backends[] = {
        [BACKEND_QEMU] = "qemu",
        [BACKEND_LIBVIRT] = "libvirt",
        [BACKEND_NAMESPACES] = "host",
        [BACKEND_UML] = "uml",
    };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const struct status status = {
        .id = (char *)run->container.id,
        .name = run->spec.name,
        .backend = (char *)backends[run->spec.backend],
        .rootfs = run->spec.rootfs,
        .command = run->spec.args,
        .pid = getpid(),
        .started_ms = now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS,
    };
    return status_write(&run->container, &status, err);
}

int run_start(struct run *run, struct error *err)
{
    struct stream_fds fds;
    struct window_size window = terminal_size();
    if (run->no_template.text[0])
        log_debug("no template: %s", run->no_template.text);
    AUTO_FREE char *config =
        agent_config_json(&run->spec, run->template.role == TEMPLATE_COPY, run->container.id,
                          &run->network.guest, &window, &run->capabilities);
    if (network_wait(&run->network, now_ns() + NETWORK_PATIENCE_NS, err) < 0)
        return -1;
    if (note_status(run, err) < 0 || foreground_streams(&run->foreground, &fds, err) < 0)
        return -1;
    return guest_start(&run->guest, config, &run->workload, &fds, err);
}

/* On top of the workload's own status, which may hide it: 137, or what its parent made of it. */
static void say_out_of_memory(const struct vm_spec *spec)
{
    bool limited = spec->container.cgroup.memory_max > 0;
    uint64_t size = limited ? spec->container.cgroup.memory_max : spec->memory;
    notice("out of memory: the guest's kernel killed a process of the container (%s %llum)",
           limited ? "--mem-limit" : "--memory", (unsigned long long)(size >> 20));
}

int run_wait(struct run *run, int *ret_status, struct error *err)
{
    if (foreground_wait(&run->foreground, run->spec.timeout, ret_status, err) < 0)
        return -1;
    if (run->workload.record.out_of_memory)
        say_out_of_memory(&run->spec);
    return 0;
}

int run_maintenance(struct run *run, struct error *err)
{
    struct machine_watch watch = {
        .loop = &run->loop,
        .spec = &run->spec,
        .machine = &run->machine,
        .log = &run->log,
        .debugging = &run->debugging,
    };
    return maintenance_run(&watch, &run->foreground, run->timing.exec + run->spec.boot_timeout,
                           err);
}

bool run_was_aborted(const struct run *run, int *ret_status)
{
    return foreground_aborted(&run->foreground, ret_status);
}
