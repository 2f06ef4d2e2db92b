#include "host/machine.h"

void machine_stop(struct machine *m)
{
    jail_stop(&m->process);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
