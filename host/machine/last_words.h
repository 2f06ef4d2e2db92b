/*
 * Standard error of a machine's process: its last line says why it ended.
 */
#ifndef VMC_HOST_MACHINE_LAST_WORDS_H
#define VMC_HOST_MACHINE_LAST_WORDS_H

#include "host/machine/machine.h"

/* The end of the hypervisor's stderr. */
struct vmm_errors {
    size_t length;
    char text[1024];
};

/* One read(2) of the machine's errors_fd, which is closed at its end. */
void vmm_errors_pump(struct vmm_errors *e, struct machine *m);

/*
 * Drains it, which may take a moment if the process has just ended, and returns its last line, or
 * "". Valid as long as e is.
 */
const char *vmm_last_words(struct vmm_errors *e, struct machine *m);

#endif
