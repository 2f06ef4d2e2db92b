#include "host/backend_spec.h"

#include "common/util.h"
#include "host/namespaces.h"
#include "host/uml.h"

static const struct backend_spec *const backends[] = {&namespaces_spec, &uml_spec};

const struct backend_spec *backend_spec_find(const struct request *req)
{
    for (size_t i = 0; i < ARRAY_LEN(backends); i++)
        if (request_has(req, backends[i]->option))
            return backends[i];
    return NULL;
}

const char *backend_spec_refusal(const struct backend_spec *backend, enum option_id id)
{
    for (size_t i = 0; i < backend->moot_count; i++)
        if (backend->moot[i].id == id)
            return backend->moot[i].reason;
    return NULL;
}

int backend_spec_check_options(const struct backend_spec *backend, const struct request *req,
                               struct error *err)
{
    for (size_t i = 0; i < req->setting_count; i++) {
        const struct option *option = req->settings[i].option;
        const char *reason = backend_spec_refusal(backend, option->id);
        if (reason)
            return error_set(err, "--%s cannot go with --%s: %s", option->name,
                             option_by_id(backend->option)->name, reason);
    }
    return 0;
}
