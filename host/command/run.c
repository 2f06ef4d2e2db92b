#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "host/backend/libvirt/libvirt.h"
#include "host/backend/qemu/accel.h"
#include "host/backend/qemu/file_server.h"
#include "host/backend/qemu/snapshot.h"
#include "host/base/id_range.h"
#include "host/base/restrictions.h"
#include "host/base/signals.h"
#include "host/base/userns.h"
#include "host/command/commands.h"
#include "host/command/explain.h"
#include "host/guest/config.h"
#include "host/guest/console_log.h"
#include "host/guest/session.h"
#include "host/jail/isolation.h"
#include "host/jail/memory.h"
#include "host/run/maintenance.h"
#include "host/run/template_key.h"
#include "host/spec/preferences.h"
#include "host/spec/transport.h"
#include "host/store/container.h"
#include "host/store/disk_image.h"

/* Everything one run owns. */
struct run {
    struct vm_spec spec;
    bool warm; /* all there is to do is to have a template */
    struct guest_image image;
    char *vmm;
    struct accel_plan plan;
    struct container container;
    struct id_range ids;
    bool privileged; /* the host's root, who may expect every layer */
    struct isolation isolation;
    struct rootfs rootfs;
    int swap_fd; /* the image behind --mem-swap, or -1 */
    struct seccomp_filter filter;
    struct capable_files capabilities; /* of the root, where its share shows none */
    struct volumes volumes;
    struct network network;
    struct libvirt libvirt;
    struct console_log log;
    struct debugging debugging;
    struct template template;
    struct error no_template; /* why there is none; text "" while there may be */
    struct machine machine;
    struct session session;
    bool session_opened;
    int signal_fd;
    struct timing timing;
    struct tsc_reading tsc;
};

/* The end of a machine and of the talk with it; a run may have two, when the ladder falls back. */
static void end_machine(struct run *run)
{
    if (run->session_opened)
        session_close(&run->session);
    run->session_opened = false;
    machine_stop(&run->machine);
}

static void release(struct run *run)
{
    end_machine(run);
    console_log_close(&run->log);
    debugging_close(&run->debugging);
    template_close(&run->template);
    network_release(&run->network);
    libvirt_release(&run->libvirt);
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
}

/* What can be refused is refused here, before anything has been made. */
static int resolve(struct run *run, const struct request *req, struct error *err)
{
    if (request_has(req, OPTION_JSON))
        return error_set(err, "--json is for --explain: a command's output is its own");
    if (restrictions_check(err) < 0 || spec_resolve(req, &run->spec, err) < 0)
        return -1;
    log_debug_enabled = run->spec.debug;
    if (preferences_apply(req, &run->spec, err) < 0)
        return -1;
    if (run->spec.container.security.seccomp_text &&
        container_compile_seccomp(&run->spec.container, run->spec.arch->seccomp, &run->filter,
                                  err) < 0)
        return -1;
    return machine_ops(run->spec.backend)->find(&run->spec, &run->vmm, &run->image, err);
}

/* A machine in which nobody says HELLO cannot try KVM: what has worked already is taken, or TCG. */
static void settle_accelerator(struct run *run)
{
    if (!run->spec.maintenance || !run->plan.trial)
        return;
    run->plan.trial = false;
    run->plan.accel = ACCEL_TCG;
}

/* Host ids for the hypervisor that root starts; an ordinary user's has that user's. */
static void take_ids(struct run *run, bool host_root)
{
    struct error why = ERROR_INIT;
    run->privileged = host_root && !run->spec.unprivileged;
    if (host_root && run->spec.unprivileged)
        isolation_lacks(&run->isolation, LAYER_IDS, "--nopriv leaves it root's");
    else if (run->privileged && id_range_acquire(&run->ids, &why) < 0)
        isolation_lacks(&run->isolation, LAYER_IDS, "%s", why.text);
}

static int prepare(struct run *run, struct error *err)
{
    const struct vm_spec *spec = &run->spec;
    bool host_root = am_host_root();
    if (signals_open(&run->signal_fd, err) < 0 ||
        console_log_open(&run->log, spec->console, spec->debug && !spec->maintenance, err) < 0 ||
        debugging_open(&spec->debugging, &run->debugging, err) < 0 ||
        (machine_ops(spec->backend)->accelerated &&
         accel_decide(spec, run->vmm, &run->image, &run->plan, err) < 0) ||
        state_create(&run->container, err) < 0 ||
        (spec->libvirt && libvirt_prepare(spec->libvirt, run->signal_fd, &run->libvirt, err) < 0) ||
        network_prepare(&spec->network, run->container.dir,
                        machine_ops(spec->backend)->frames_in_pieces, &run->network, err) < 0 ||
        namespaces_enter(spec->unprivileged, err) < 0)
        return -1;
    settle_accelerator(run);
    state_sweep(&run->container);
    if (spec->upper == UPPER_NONE)
        fprintf(stderr, "vmc: --upper none: changes go to %s itself\n", spec->rootfs);
    if (transport_spec_lack(spec))
        fprintf(stderr, "vmc: %s\n", transport_spec_lack(spec));
    if (spec->keep && !spec->name)
        fprintf(stderr, "vmc: changes are kept: --keep --name %s\n", run->container.id);
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

/* A doubt about a template is worth a line; that there can be none is not. */
static void choose_template(struct run *run, const struct machine_request *request)
{
    const char *refusal = run->plan.trial            ? "a trial of KVM"
                          : !jail_memory_supported() ? "the host's kernel has no seccomp_unotify(2)"
                                                     : template_refusal(request);
    template_close(&run->template);
    run->no_template.text[0] = '\0';
    AUTO_FREE char *key = refusal ? NULL : template_key(request);
    if (refusal)
        error_set(&run->no_template, "%s", refusal);
    else if (template_open(key, run->spec.memory, &run->template, &run->no_template) < 0)
        fprintf(stderr, "vmc: %s; starting cold\n", run->no_template.text);
}

static int start_machine(struct run *run, struct error *err)
{
    struct machine_request request = {
        .spec = &run->spec,
        .accel = run->plan.accel,
        .vmm = run->vmm,
        .image = &run->image,
        .container = &run->container,
        .ids = &run->ids,
        .privileged = run->privileged,
        .rootfs = &run->rootfs,
        .swap_fd = run->swap_fd,
        .volumes = &run->volumes,
        .known_files = file_server_known(),
        .network = &run->network,
        .debugging = &run->debugging,
        .tsc = &run->tsc,
        .libvirt = run->spec.libvirt ? &run->libvirt : NULL,
    };
    if (machine_ops(run->spec.backend)->accelerated)
        log_debug("accelerator: %s%s", accel_name(run->plan.accel),
                  run->plan.trial ? ", a trial" : "");
    choose_template(run, &request);
    if (run->warm && run->template.role == TEMPLATE_NONE && !run->plan.trial)
        return error_set(err, "there is no template for this: %s", run->no_template.text);
    request.template = &run->template;
    run->timing.copy = run->template.role == TEMPLATE_COPY;
    run->timing.jail = now_ns();
    if (machine_start(&request, &run->machine, &run->isolation, err) < 0)
        return -1;
    run->timing.exec = now_ns();
    return 0;
}

/* Where the guest's root is an overlay of its own on a share without them. */
static int find_file_capabilities(struct run *run, struct error *err)
{
    const struct vm_spec *spec = &run->spec;
    file_capabilities_free(&run->capabilities);
    if (!run->rootfs.share || !run->rootfs.read_only || spec->virtiofs ||
        spec->backend == BACKEND_NAMESPACES)
        return 0;
    return file_capabilities_find(run->rootfs.share, spec->env.items, &run->capabilities, err);
}

/* Until HELLO. */
static int wait_for_guest(struct run *run, struct error *err)
{
    int64_t computing = run->plan.trial ? ACCEL_TRIAL_NS : DEADLINE_NONE;
    if (run->template.role != TEMPLATE_NONE &&
        template_give_memory(&run->template, &run->session, err) < 0)
        return -1;
    if (run->template.role == TEMPLATE_COPY &&
        template_wake(&run->template, &run->session, err) < 0)
        return -1;
    /* vmc's own profile has no faults to be refused for: it is compiled while the guest boots. */
    if (run->template.role != TEMPLATE_COPY && !run->filter.program &&
        container_compile_seccomp(&run->spec.container, run->spec.arch->seccomp, &run->filter,
                                  err) < 0)
        return -1;
    if (find_file_capabilities(run, err) < 0)
        return -1;
    return session_wait_hello(&run->session, run->timing.exec + run->spec.boot_timeout, computing,
                              err);
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
        template_take(&run->template, &run->session, about, &running, &run->no_template) == 0)
        return 0;
    return running ? 0 : error_set(err, "the machine does not run on: %s", run->no_template.text);
}

static int boot(struct run *run, struct error *err)
{
    if (start_machine(run, err) < 0)
        return -1;
    if (!run->plan.trial)
        isolation_say(&run->isolation, run->privileged);
    if (run->spec.maintenance)
        return 0;
    run->session_opened = true;
    if (session_open(&run->session, &run->spec, &run->machine, &run->log, &run->debugging,
                     &run->timing, run->signal_fd, err) < 0)
        return -1;
    run->session.network = &run->network;
    return wait_for_guest(run, err);
}

/*
 * Whether a machine that died in its boot is worth a second one. QEMU's emulation of x86 loads
 * garbage into the flags once in some thousand boots on a busy host, and the guest's kernel panics
 * at its next iret (docs/guest.md); nothing of the user's has begun by then. A kernel that somebody
 * else has made, or told something, may have reasons of its own, which are not to be hidden.
 */
static bool deserves_another_boot(const struct run *run)
{
    const struct vm_spec *spec = &run->spec;
    char panic[256];
    return run->session_opened && run->session.phase == PHASE_BOOT &&
           run->plan.accel == ACCEL_TCG && !run->plan.trial && !spec->kernel && !spec->initrd &&
           !spec->distro && !spec->debugging.gdb && !spec->debugging.crash_dump &&
           spec->append.count == 0 && console_log_panic(&run->log, panic, sizeof(panic));
}

static int boot_again(struct run *run, struct error *err)
{
    end_machine(run);
    console_log_restart(&run->log);
    return boot(run, err);
}

/* Boots on the rung the ladder chose; a failed trial of KVM goes one rung down. */
static int boot_on_ladder(struct run *run, struct error *err)
{
    int status;
    if (boot(run, err) == 0) {
        accel_worked(&run->plan);
        bool once_more = run->warm && run->plan.trial;
        run->plan.trial = false;
        return once_more ? boot_again(run, err) : 0;
    }
    /* What libvirt cannot start says nothing about KVM. */
    bool keep = run->session_opened || !run->spec.libvirt;
    bool ended = session_aborted(&run->session, &status) || err->status >= STATUS_SIGNAL_BASE;
    if (!ended && run->template.role == TEMPLATE_COPY && run->session_opened) {
        fprintf(stderr, "vmc: %s; starting cold\n", err->text);
        template_forget(&run->template);
        run->spec.cold = true;
        return boot_again(run, err);
    }
    if (!ended && run->plan.trial) {
        accel_failed(&run->plan, err->text, keep);
        return boot_again(run, err);
    }
    if (!ended && deserves_another_boot(run)) {
        log_debug("booting once more: %s", err->text);
        return boot_again(run, err);
    }
    if (run->spec.accel == ACCEL_KVM)
        error_wrap(err, "--accel kvm: no machine boots with KVM here");
    return -1;
}

/* As much of the container as needs no more than its shape; a copy's template had it made. */
static int prepare_container(struct run *run, struct error *err)
{
    if (run->spec.maintenance || run->template.role == TEMPLATE_COPY)
        return 0;
    AUTO_FREE char *shape = agent_shape_json(&run->spec, &run->filter);
    if (session_prepare(&run->session, shape, err) < 0)
        return -1;
    return keep_template(run, err);
}

/* 'vmc template warm': a machine that was to be kept, or that was a copy, and was not. */
static int warm(const struct run *run, int *ret_status, struct error *err)
{
    *ret_status = 0;
    return run->no_template.text[0]
               ? error_set(err, "no template was kept: %s", run->no_template.text)
               : 0;
}

static int run_workload(struct run *run, int *ret_status, struct error *err)
{
    struct window_size window = terminal_size();
    if (run->warm)
        return warm(run, ret_status, err);
    if (run->no_template.text[0])
        log_debug("no template: %s", run->no_template.text);
    if (run->spec.maintenance)
        return maintenance_run(&run->machine, &run->log, run->signal_fd,
                               run->timing.exec + run->spec.boot_timeout, ret_status, err);
    AUTO_FREE char *config =
        agent_config_json(&run->spec, run->template.role == TEMPLATE_COPY, run->container.id,
                          &run->network.guest, &window, &run->capabilities);
    if (network_wait(&run->network, now_ns() + NETWORK_PATIENCE_NS, err) < 0)
        return -1;
    if (session_start_workload(&run->session, config, err) < 0)
        return -1;
    return session_run(&run->session, ret_status, err);
}

/* On top of the workload's own status, which may hide it: 137, or what its parent made of it. */
static void say_out_of_memory(const struct vm_spec *spec)
{
    bool limited = spec->container.cgroup.memory_max > 0;
    uint64_t size = limited ? spec->container.cgroup.memory_max : spec->memory;
    fprintf(stderr,
            "vmc: out of memory: the guest's kernel ended a process of the container (%s %llum)\n",
            limited ? "--mem-limit" : "--memory", (unsigned long long)(size >> 20));
}

static int run(const struct request *req, int *ret_status, struct error *err)
{
    struct run own = {
        .container = CONTAINER_INIT,
        .ids = ID_RANGE_INIT,
        .rootfs = ROOTFS_INIT,
        .swap_fd = -1,
        .network = NETWORK_INIT,
        .libvirt = LIBVIRT_INIT,
        .debugging = DEBUGGING_INIT,
        .template = TEMPLATE_INIT,
        .log.file_fd = -1,
        .machine = MACHINE_INIT,
        .signal_fd = -1,
        .warm = req->command->id == COMMAND_TEMPLATE_WARM,
        .timing.begin = now_ns(),
        .tsc = tsc_read(),
    };
    int result = resolve(&own, req, err);
    if (result == 0)
        result = prepare(&own, err);
    if (result == 0)
        result = boot_on_ladder(&own, err);
    if (result == 0)
        result = prepare_container(&own, err);
    if (result == 0)
        result = run_workload(&own, ret_status, err);
    if (result < 0 && own.session_opened && session_aborted(&own.session, ret_status)) {
        log_debug("%s", err->text);
        result = 0;
    }
    if (result == 0 && own.session.record.out_of_memory)
        say_out_of_memory(&own.spec);
    bool timing = own.spec.timing;
    release(&own);
    own.timing.end = now_ns();
    if (timing)
        timing_print(&own.timing);
    return result;
}

int cmd_run(const struct request *req, int *ret_status, struct error *err)
{
    if (request_has(req, OPTION_EXPLAIN)) {
        *ret_status = 0;
        return explain(req, err);
    }
    return run(req, ret_status, err);
}

int cmd_shell_guest(const struct request *req, int *ret_status, struct error *err)
{
    return run(req, ret_status, err);
}

int cmd_template_warm(const struct request *req, int *ret_status, struct error *err)
{
    return run(req, ret_status, err);
}
