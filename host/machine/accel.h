/*
 * The accelerator ladder: KVM where it has been seen to work, software emulation (TCG) elsewhere.
 *
 * That /dev/kvm can be opened does not mean that a guest boots on it (nested hypervisors that
 * emulate some instructions only). So one boot under KVM that says HELLO makes a verdict, and one
 * that does not makes the other. A verdict is kept in $XDG_CACHE_HOME/vmc/accel.json, and if it is
 * root's in /run/vmc-accelerator, where everybody reads it, for as long as host boot, host kernel
 * and QEMU stay the same. That it works is kept of a kernel; that it fails, of all of them, unless
 * the kernel is not the guest image's own. So a fall-back is said once, and not again for the
 * next kernel or the next user after root. --accel kvm does not ask for a verdict, and makes one
 * if it boots: the way back from one that was wrong.
 */
#ifndef VMC_HOST_MACHINE_ACCEL_H
#define VMC_HOST_MACHINE_ACCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "host/machine/guest_image.h"
#include "host/spec/spec.h"

/*
 * How much of the processors' time the one trial boot under KVM may take until HELLO: a boot takes
 * a few tenths of a second of it, some seconds where KVM itself is emulated, and one that fails
 * goes on for ever.
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
    bool of_host;         /* a failure says something about any kernel here */
    char *host_key;       /* owned: what a verdict on KVM depends on */
    char *kernel_key;     /* owned: and one on a kernel */
};

/* Decides. For ACCEL_AUTO a fall-back that is news is said in one line on stderr, once. */
int accel_decide(const struct vm_spec *spec, const char *vmm, const struct guest_image *image,
                 struct accel_plan *ret, struct error *err);

/* The machine said HELLO. */
void accel_worked(const struct accel_plan *plan);

/*
 * The trial failed: says so in one line, and turns the plan to ACCEL_TCG. keep: it says something
 * about KVM, and is the verdict; reason is what 'vmc info' shows of it.
 */
void accel_failed(struct accel_plan *plan, const char *reason, bool keep);

/*
 * What runs of this host's architecture on this host's KVM have shown, with the QEMU and the image
 * that a run takes by default. VERDICT_FAILS also where /dev/kvm cannot be opened;
 * why is in ret_reason, else "".
 */
enum verdict accel_verdict(char *ret_reason, size_t size);

void accel_plan_free(struct accel_plan *plan);

#endif
