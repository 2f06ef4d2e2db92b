/*
 * A guest's memory that is a file of vmc's. QEMU opens such a file by name, for reading and
 * writing, even to map a private copy of it (until version 8.2), and a hypervisor that a guest has
 * taken over must not write to what other guests are copied from. So there is no such file in the
 * jail: that one call waits for vmc, which puts a descriptor of its own choice in its place,
 * read-only where the memory is to be copied. seccomp_unotify(2).
 */
#ifndef VMC_HOST_JAIL_MEMORY_H
#define VMC_HOST_JAIL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* What QEMU is told to open; there need not be anything of that name. */
#define JAIL_MEMORY_PATH "/memory"

/* Whether the host's kernel has that. */
bool jail_memory_supported(void);

/*
 * In the jail's process, which has no_new_privs set: from here on open(2) with the flags O_RDWR and
 * no others asks at *ret_listener, which the caller owns.
 */
int jail_memory_filter(int *ret_listener, struct error *err);

/*
 * In vmc: answers the first such call with a duplicate of fd, which has that number there. Returns
 * without having done so, and without an error, when the process of pidfd has ended or there is
 * something to read from interrupt_fd. Once the listener is closed, such calls fail.
 */
int jail_memory_grant(int listener, int pidfd, int interrupt_fd, int fd, int number,
                      int64_t deadline, struct error *err);

#endif
