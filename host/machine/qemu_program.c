#include "host/machine/qemu_program.h"

#include "host/base/child.h"

int qemu_program_find(const struct arch *arch, char **ret_path, struct error *err)
{
    *ret_path = program_find(arch->qemu);
    if (*ret_path)
        return 0;
    return error_set(err, "%s is not installed: apt install %s", arch->qemu, arch->qemu_package);
}
