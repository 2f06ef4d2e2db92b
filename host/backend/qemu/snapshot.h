/*
 * Templates of QEMU machines, over the monitor: give_memory(), load() and save() of struct
 * machine_ops.
 */
#ifndef VMC_HOST_BACKEND_QEMU_SNAPSHOT_H
#define VMC_HOST_BACKEND_QEMU_SNAPSHOT_H

#include "host/machine/machine.h"
#include "host/store/template.h"

int qemu_give_memory(struct machine *m, const struct template *t, int interrupt_fd,
                     struct error *err);
int qemu_load(struct machine *m, const struct template *t, struct error *err);
int qemu_save(struct machine *m, const struct template *t, const char *about, bool *ret_running,
              struct error *err);

#endif
