/* What a QEMU machine supports: everything but the options that choose another backend. */
#include "common/util.h"
#include "host/backend/qemu/qemu.h"
#include "host/spec/machine.h"

#define ANOTHER "it chooses where to run COMMAND, as --qemu does: give one"

/* clang-format off */
static const struct refusal refusals[] = {
    {OPTION_LIBVIRT, ANOTHER},
    {OPTION_HOST, ANOTHER},
    {OPTION_UML, ANOTHER},
};
/* clang-format on */

const struct backend_spec qemu_spec = {
    .option = OPTION_QEMU,
    .backend = BACKEND_QEMU,
    .on = ON_QEMU,
    .refusals = refusals,
    .refusal_count = ARRAY_LEN(refusals),
    .netns = backend_spec_no_netns,
    .layer = backend_spec_same_layer,
    .resolve = machine_resolve,
    .check = backend_spec_check_nothing,
};
