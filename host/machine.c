#include "host/machine.h"

#include <sys/socket.h>

#include "host/libvirt.h"
#include "host/namespaces.h"
#include "host/qemu.h"
#include "host/uml.h"

const struct machine_ops *machine_ops(enum backend backend)
{
    switch (backend) {
    case BACKEND_NAMESPACES:
        return &namespaces_ops;
    case BACKEND_UML:
        return &uml_ops;
    case BACKEND_LIBVIRT:
        return &libvirt_ops;
    case BACKEND_QEMU:
        break;
    }
    return &qemu_ops;
}

int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err)
{
    ret->ops = machine_ops(request->spec->backend);
    return ret->ops->start(request, ret, isolation, err);
}

int machine_make_pair(int *ret_ours, int *ret_theirs, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    *ret_ours = pair[0];
    *ret_theirs = pair[1];
    return 0;
}

void machine_stop(struct machine *m)
{
    jail_stop(&m->process);
    close_fd(&m->keeper_fd);
    if (m->ops && m->ops->stop)
        m->ops->stop(m);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
