#include "host/machine.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

void machine_stop(struct machine *m)
{
    if (m->pid > 0) {
        /* Our own child, not waited for yet: its number cannot have been reused. */
        kill(m->pid, SIGKILL);
        while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_fd(&m->pidfd);
    close_fd(&m->control_fd);
    close_fd(&m->data_fd);
    close_fd(&m->console_fd);
    close_fd(&m->serial_fd);
    close_fd(&m->errors_fd);
    close_fd(&m->monitor_fd);
    *m = (struct machine)MACHINE_INIT;
}
