/*
 * The system calls of a kernel in user space (User Mode Linux): an allow list for its start, loaded
 * before it is executed, and one of at most 30 calls for the rest of its life, which it loads
 * itself before the guest's first program runs (filter= in guest-kernel/patches/um). seccomp(2).
 *
 * Any call that is not on the second list kills the machine with SIGSYS.
 */
#ifndef VMC_HOST_JAIL_SECCOMP_KERNEL_H
#define VMC_HOST_JAIL_SECCOMP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "host/jail/seccomp_hypervisor.h"

/* As jail_seccomp_load(): the program open at exec_fd can still be executed. */
int kernel_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err);

/* A file in memory with the second filter, an array of struct sock_filter. writes: to its trees. */
int kernel_seccomp_file(bool writes, int *ret_fd, struct error *err);

#endif
