/* Check: KVM, and what isolates a run. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/util.h"
#include "host/check/checks.h"
#include "host/machine/accel.h"
#include "host/machine/kvm_access.h"
#include "host/spec/preferences.h"

static enum verdict check_kvm(struct checks *checks)
{
    char reason[256] = "";
    AUTO_CLOSE int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    int cause = errno;

    if (kvm < 0) {
        checks_add(checks, "kvm", CHECK_WARN, xasprintf("/dev/kvm: %s", strerror(cause)),
                   kvm_advice(cause));
        return VERDICT_FAILS;
    }
    int version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        checks_add(checks, "kvm", CHECK_WARN,
                   xasprintf("/dev/kvm speaks API version %d, not %d", version, KVM_API_VERSION),
                   xstrdup("machines are emulated by TCG on this host"));
        return VERDICT_FAILS;
    }
    switch (accel_verdict(reason, sizeof(reason))) {
    case VERDICT_WORKS:
        checks_add(checks, "kvm", CHECK_OK, xstrdup("a machine has booted with KVM on this host"),
                   NULL);
        return VERDICT_WORKS;
    case VERDICT_UNKNOWN:
        checks_add(checks, "kvm", CHECK_OK,
                   xstrdup("/dev/kvm opens; the next run will find out whether machines boot"),
                   NULL);
        return VERDICT_UNKNOWN;
    case VERDICT_FAILS:
        break;
    }
    checks_add(checks, "kvm", CHECK_WARN,
               xasprintf("/dev/kvm opens, but no machine boots with it: %s", reason),
               xstrdup("where this host is itself a guest, its hypervisor's nested virtualization "
                       "is the cause; machines are emulated by TCG"));
    return VERDICT_FAILS;
}

static void check_without_kvm(struct checks *checks)
{
    struct preferences preferences;
    struct error err = ERROR_INIT;
    if (preferences_read(&preferences, &err) < 0)
        checks_add(checks, "isolation", CHECK_FAIL, xstrdup(err.text), NULL);
    else if (preferences.without_kvm == WITHOUT_KVM_UML)
        checks_add(
            checks, "isolation", CHECK_WARN,
            xstrdup("User Mode Linux, as vmc.conf says: a kernel that is a process in a jail, with "
                    "at most 30 host system calls. TCG for runs that it does not support"),
            xstrdup("--qemu or --accel still uses a QEMU machine"));
    else
        checks_add(checks, "isolation", CHECK_WARN,
                   xstrdup("TCG: software emulation, not a security boundary by QEMU's own policy"),
                   xstrdup("run only what you would run without a machine around it, or get KVM to "
                           "work; --accel kvm refuses to run without it, and --uml, or without-kvm "
                           "= uml in vmc.conf, needs none"));
}

void check_accelerator(struct checks *checks)
{
    switch (check_kvm(checks)) {
    case VERDICT_WORKS:
        checks_add(checks, "isolation", CHECK_OK,
                   xstrdup("KVM: the processor's virtualization keeps the guest apart"), NULL);
        return;
    case VERDICT_UNKNOWN:
        checks_add(checks, "isolation", CHECK_WARN,
                   xstrdup("KVM if a machine boots with it, else TCG, which is not a security "
                           "boundary by QEMU's own policy"),
                   xstrdup("run something once, and look again; --accel kvm refuses to run "
                           "without KVM"));
        return;
    case VERDICT_FAILS:
        check_without_kvm(checks);
    }
}
