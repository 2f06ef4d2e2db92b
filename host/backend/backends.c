/*
 * The one list of backends: which options each supports, and how it runs a machine. A new one is a
 * folder here and a line below. Declared where it is used: spec/backend.h, machine/machine.h.
 */
#include "common/util.h"
#include "host/backend/libvirt/libvirt.h"
#include "host/backend/namespaces/namespaces.h"
#include "host/backend/qemu/qemu.h"
#include "host/backend/uml/uml.h"

static const struct {
    const struct machine_ops *ops;
    const struct backend_spec *spec;
} backends[] = {
    [BACKEND_QEMU] = {&qemu_ops, &qemu_spec},
    [BACKEND_NAMESPACES] = {&namespaces_ops, &namespaces_spec},
    [BACKEND_UML] = {&uml_ops, &uml_spec},
    [BACKEND_LIBVIRT] = {&libvirt_ops, &libvirt_spec},
};

const struct machine_ops *machine_ops(enum backend backend)
{
    return backends[backend].ops;
}

const struct backend_spec *backend_spec_of(enum backend backend)
{
    return backends[backend].spec;
}

/* The first whose option is there refuses the others'; QEMU's is meant where none is, or --qemu. */
const struct backend_spec *backend_spec_find(const struct request *req)
{
    for (size_t i = BACKEND_QEMU + 1; i < ARRAY_LEN(backends); i++)
        if (request_has(req, backends[i].spec->option))
            return backends[i].spec;
    return &qemu_spec;
}
