#include "host/machine.h"

#include "host/libvirt.h"
#include "host/qemu.h"

int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err)
{
    return request->libvirt ? libvirt_start(request, ret, isolation, err)
                            : qemu_start(request, ret, isolation, err);
}

void machine_stop(struct machine *m)
{
    jail_stop(&m->process);
    close_fd(&m->keeper_fd);
    if (m->libvirt)
        libvirt_stop(m->libvirt);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
