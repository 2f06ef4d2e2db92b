/*
 * run_boot(): a template or none, a machine, and which machine comes next when one fails.
 */
#include "host/run/boot.h"

#include <string.h>

#include "common/log.h"
#include "host/base/notice.h"
#include "host/base/virtiofsd.h"
#include "host/jail/memory.h"
#include "host/jail/rules.h"
#include "host/run/template_key.h"

void end_machine(struct run *run)
{
    foreground_attend(&run->foreground, NULL, NULL);
    if (run->guest_opened)
        guest_close(&run->guest);
    run->guest_opened = false;
    machine_stop(&run->machine);
}

/*
 * A maintenance machine never says HELLO, so it cannot be the trial of KVM: what has worked already
 * is taken, else TCG.
 */
static void settle_accelerator(struct run *run)
{
    if (!run->spec.maintenance || !run->plan.trial)
        return;
    run->plan.trial = false;
    run->plan.accel = ACCEL_TCG;
}

/* A doubt about a template is worth a line; that there can be none is not. */
static void choose_template(struct run *run, const struct machine_request *request)
{
    const char *refusal = run->plan.trial            ? "a trial of KVM"
                          : run->template_failed     ? "its template was unusable"
                          : !jail_memory_supported() ? "the host's kernel has no seccomp_unotify(2)"
                                                     : template_refusal(request);
    template_close(&run->template);
    run->no_template.text[0] = '\0';
    AUTO_FREE char *key = refusal ? NULL : template_key(request);
    if (refusal)
        error_set(&run->no_template, "%s", refusal);
    else if (template_open(key, run->spec.memory, &run->template, &run->no_template) < 0)
        notice("%s; starting cold", run->no_template.text);
}

/*
 * How many files a guest of a file server should know at a time: each is a descriptor there. The
 * rest is for files that are open, and for those that the guest is about to forget.
 */
static unsigned known_files(const struct machine_request *request)
{
    if (!machine_has_file_server(request))
        return 0;
    return (unsigned)(virtiofsd_files(jail_descriptors(JAIL_FILE_SERVER)) / 4 * 3);
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
        .network = &run->network,
        .debugging = &run->debugging,
        .tsc = &run->tsc,
        .own = run->backend,
    };
    request.known_files = known_files(&request);
    if (machine_ops(run->spec.backend)->accelerated)
        log_debug("accelerator: %s%s", accel_name(run->plan.accel),
                  run->plan.trial ? ", a trial" : "");
    choose_template(run, &request);
    if (run->template_only && run->template.role == TEMPLATE_NONE && !run->plan.trial)
        return error_set(err, "no template can be made for this: %s", run->no_template.text);
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
        run->machine.ops->give_memory(&run->machine, &run->template, run->signal_fd, err) < 0)
        return -1;
    if (run->template.role == TEMPLATE_COPY) {
        if (run->machine.ops->load(&run->machine, &run->template, err) < 0)
            return -1;
        link_wake(&run->guest.link);
    }
    /* vmc's own profile has no faults to be refused for: it is compiled while the guest boots. */
    if (run->template.role != TEMPLATE_COPY && !run->filter.program &&
        container_compile_seccomp(&run->spec.container, run->spec.arch->seccomp, &run->filter,
                                  err) < 0)
        return -1;
    if (find_file_capabilities(run, err) < 0)
        return -1;
    return guest_wait_hello(&run->guest, run->timing.exec + run->spec.boot_timeout, computing, err);
}

static int boot(struct run *run, struct error *err)
{
    if (start_machine(run, err) < 0)
        return -1;
    if (!run->plan.trial)
        isolation_say(&run->isolation, run->privileged);
    if (run->spec.maintenance)
        return 0;
    const struct guest_setup setup = {
        .loop = &run->loop,
        .spec = &run->spec,
        .machine = &run->machine,
        .log = &run->log,
        .debugging = &run->debugging,
        .network = &run->network,
    };
    run->guest_opened = true;
    if (guest_open(&run->guest, &setup, err) < 0)
        return -1;
    foreground_attend(&run->foreground, &run->guest, &run->workload);
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
    return run->guest_opened && run->guest.link.phase == LINK_BOOT &&
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
int run_boot(struct run *run, struct error *err)
{
    int status;
    settle_accelerator(run);
    if (boot(run, err) == 0) {
        accel_worked(&run->plan);
        bool once_more = run->template_only && run->plan.trial;
        run->plan.trial = false;
        return once_more ? boot_again(run, err) : 0;
    }
    /* What libvirt cannot start says nothing about KVM. */
    bool keep = run->guest_opened || !run->spec.libvirt;
    bool ended = run_was_aborted(run, &status) || err->status >= STATUS_SIGNAL_BASE;
    if (!ended && run->template.role == TEMPLATE_COPY && run->guest_opened) {
        notice("%s; starting cold", err->text);
        template_forget(&run->template);
        run->template_failed = true;
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
