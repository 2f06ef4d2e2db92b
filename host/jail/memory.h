/*
 * Guest memory in a file that vmc provides. QEMU opens such a file by name, for reading and
 * writing, even to map a private copy of it (until version 8.2), and a hypervisor that a guest has
 * taken over must not write to the template of other guests. So the file is not in the jail: that
 * one open(2) waits for vmc, which returns a descriptor of its own choice, read-only for memory
 * that is copied. seccomp_unotify(2).
 */
#ifndef VMC_HOST_JAIL_MEMORY_H
#define VMC_HOST_JAIL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* The path that QEMU is told to open; no such file needs to exist. */
#define JAIL_MEMORY_PATH "/memory"

/* True if the host's kernel supports that. */
bool jail_memory_supported(void);

/*
 * In the jail's process, which has no_new_privs set: from here on open(2) with the flags O_RDWR and
 * no others asks at *ret_listener, which the caller owns.
 */
int jail_memory_filter(int *ret_listener, struct error *err);

/*
 * In vmc: answers the first such call with a duplicate of fd, under that number there. If the
 * process of pidfd ends first, or interrupt_fd becomes readable, returns without an answer and
 * without an error. Once the listener is closed, such calls fail.
 */
int jail_memory_grant(int listener, int pidfd, int interrupt_fd, int fd, int number,
                      int64_t deadline, struct error *err);

#endif
