#include "host/base/virtiofsd.h"

#include <unistd.h>

#include "common/util.h"

static const struct virtiofsd programs[] = {
    {"/usr/libexec/virtiofsd", VIRTIOFSD_RUST},
    {"/usr/lib/qemu/virtiofsd", VIRTIOFSD_QEMU},
};

const struct virtiofsd *virtiofsd_find(struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (access(programs[i].path, X_OK) == 0)
            return &programs[i];
    error_set(err, "no virtiofsd is installed: apt install virtiofsd (in Debian 12 it comes with "
                   "qemu-system-common)");
    return NULL;
}
