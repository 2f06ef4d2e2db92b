#include "host/run/resolve.h"

#include "host/base/restrictions.h"
#include "host/machine/accel.h"
#include "host/spec/backend.h"
#include "host/spec/preferences.h"

/* *ret: the backend that the files of preferences choose for a run that names none; else NULL. */
static int find_preferred(const struct request *req, const struct backend_spec **ret,
                          struct error *err)
{
    struct preferences preferences;
    char reason[256];
    *ret = NULL;
    if (backend_spec_find(req)->backend != BACKEND_QEMU)
        return 0;
    if (preferences_read(&preferences, err) < 0)
        return -1;
    if (preferences.without_kvm == WITHOUT_KVM_UML &&
        accel_verdict(reason, sizeof(reason)) == VERDICT_FAILS)
        *ret = backend_spec_of(BACKEND_UML);
    return 0;
}

int run_resolve(const struct request *req, struct vm_spec *ret, struct error *err)
{
    const struct backend_spec *preferred;
    if (find_preferred(req, &preferred, err) < 0)
        return -1;
    return spec_resolve(req, preferred, ret, err);
}

int run_resolve_template(const struct request *req, struct vm_spec *ret, struct error *err)
{
    return spec_resolve(req, NULL, ret, err);
}
