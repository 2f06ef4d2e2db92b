/*
 * The accelerator: KVM where it has been seen to work, software emulation (TCG) elsewhere.
 *
 * Even if /dev/kvm can be opened, a guest may not boot on it (nested hypervisors that emulate only
 * some instructions). So one trial boot under KVM gives a verdict: whether it says HELLO. The
 * verdict is kept in $XDG_CACHE_HOME/vmc/accel.json, and root's in /run/vmc-accelerator, where all
 * users read it, as long as host boot, host kernel and QEMU stay the same. Success is recorded for
 * one kernel; failure for all kernels, unless the kernel is not the guest image's own. So a
 * fall-back is reported once, and not again for the next kernel or the next user after root.
 * --accel kvm ignores the verdict, and makes one if it boots: the way to correct a wrong one.
 */
#ifndef VMC_HOST_MACHINE_ACCEL_H
#define VMC_HOST_MACHINE_ACCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "host/machine/guest_image.h"
#include "host/spec/spec.h"

/*
 * The processor time that the trial boot under KVM may take until HELLO: a boot takes a few tenths
 * of a second, some seconds where KVM itself is emulated, and one that fails never ends.
 */
#define ACCEL_TRIAL_NS (5000 * 1000000LL)

enum verdict {
    VERDICT_UNKNOWN,
    VERDICT_WORKS,
    VERDICT_FAILS,
};

struct accel_plan {
    enum accel accel;     /* ACCEL_KVM or ACCEL_TCG */
    bool trial;           /* KVM is tried: on failure, accel_failed() and again with ACCEL_TCG */
    enum verdict verdict; /* what was known */
    bool of_host;         /* a failure holds for any kernel on this host */
    char *host_key;       /* owned: identifies a verdict on KVM */
    char *kernel_key;     /* owned: identifies one on a kernel */
};

/* Decides. For ACCEL_AUTO a new fall-back is reported once, by a notice. */
int accel_decide(const struct vm_spec *spec, const char *vmm, const struct guest_image *image,
                 struct accel_plan *ret, struct error *err);

/* The machine has said HELLO. */
void accel_worked(const struct accel_plan *plan);

/*
 * The trial failed: says so in one notice, and changes the plan to ACCEL_TCG. keep: the failure is
 * KVM's, and becomes the verdict; 'vmc info' shows reason.
 */
void accel_failed(struct accel_plan *plan, const char *reason, bool keep);

/*
 * The verdict on KVM for the host's architecture, with the default QEMU and image. VERDICT_FAILS
 * also if /dev/kvm cannot be opened; ret_reason says why, else "".
 */
enum verdict accel_verdict(char *ret_reason, size_t size);

void accel_plan_free(struct accel_plan *plan);

#endif
