/*
 * Why a machine failed, as far as visible from outside.
 */
#ifndef VMC_HOST_MACHINE_POST_MORTEM_H
#define VMC_HOST_MACHINE_POST_MORTEM_H

#include "common/error.h"
#include "host/machine/console_log.h"
#include "host/machine/last_words.h"

/* Reads a console descriptor into the log: what is available, at most 64 KiB. Closes it at EOF. */
void console_pump(struct console_log *log, int *fd);

/*
 * Fills err with "what: cause", where the cause is the guest's panic, or the hypervisor's last
 * words, or how its process ended; below it the console's last lines. Returns -1.
 */
int post_mortem(const char *what, struct machine *m, struct console_log *log,
                struct vmm_errors *errors, struct error *err);

/* The same for a machine that was stopped because a disk's image cannot be written. Returns -1. */
int post_mortem_disk(const struct qmp *monitor, const struct vm_spec *spec, struct error *err);

#endif
