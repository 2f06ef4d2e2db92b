/*
 * What a machine's process says on its standard error: its last line tells why it ended.
 */
#ifndef VMC_HOST_MACHINE_LAST_WORDS_H
#define VMC_HOST_MACHINE_LAST_WORDS_H

#include "host/machine/machine.h"

/* The last the hypervisor wrote on its stderr: what it says last is why it ended. */
struct vmm_errors {
    size_t length;
    char text[1024];
};

/* One read(2) of the machine's errors_fd, which is closed at its end. */
void vmm_errors_pump(struct vmm_errors *e, struct machine *m);

/*
 * Hears it out, which may take a moment where it has just ended: its last line, or "". Valid as
 * long as e is.
 */
const char *vmm_last_words(struct vmm_errors *e, struct machine *m);

#endif
