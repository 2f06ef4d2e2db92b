#include "host/run/resolve.h"

#include "common/log.h"
#include "host/base/restrictions.h"
#include "host/machine/accel.h"
#include "host/spec/backend.h"
#include "host/spec/preferences.h"

static int apply_preferences(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct backend_spec *uml = backend_spec_of(BACKEND_UML);
    struct preferences preferences;
    struct error why = ERROR_INIT;
    char reason[256];
    if (spec->backend != BACKEND_QEMU)
        return 0;
    if (preferences_read(&preferences, err) < 0)
        return -1;
    if (preferences.without_kvm != WITHOUT_KVM_UML || spec->kernel || spec->initrd ||
        accel_verdict(reason, sizeof(reason)) != VERDICT_FAILS)
        return 0;
    if (backend_spec_check_options(uml, req, &why) < 0 || uml->check(uml, spec, &why) < 0) {
        log_debug("not in User Mode Linux: %s", why.text);
        return 0;
    }
    backend_spec_take(uml, spec);
    return 0;
}

int run_resolve(const struct request *req, struct vm_spec *ret, struct error *err)
{
    if (spec_resolve(req, ret, err) < 0)
        return -1;
    return apply_preferences(req, ret, err);
}
