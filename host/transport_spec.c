#include "host/transport_spec.h"

#include <string.h>

#include "host/file_server.h"

#define OPTION "--rootfs-transport virtiofs"

int transport_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *value = request_value(req, OPTION_TRANSPORT);
    if (!value || strcmp(value, "9p") == 0)
        return 0;
    if (strcmp(value, "virtiofs") != 0)
        return error_set(err, "--rootfs-transport '%s' is neither 9p nor virtiofs", value);
    if (spec->image)
        return error_set(err, OPTION " is for directories, and %s is an image, which is a disk",
                         spec->rootfs);
    if (spec->upper != UPPER_RAM && spec->upper != UPPER_DISK)
        return error_set(err,
                         OPTION " only reads the directory, and --upper %s writes to the host's: "
                                "--upper ram or disk",
                         upper_name(spec->upper));
    if (spec->libvirt)
        return error_set(err, OPTION " is a process beside QEMU of vmc's own, which libvirt does "
                                     "not know of: leave out --libvirt");
    spec->virtiofs = true;
    return file_server_find(err);
}
