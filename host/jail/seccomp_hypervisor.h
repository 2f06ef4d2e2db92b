/*
 * The system calls a jailed hypervisor may make: an allow list, below QEMU's own -sandbox, which is
 * a deny list. seccomp(2).
 *
 * What is not on it fails with ENOSYS, as on an older kernel: programs go another way. What nobody
 * but an intruder would call ends the process, with SIGSYS: see jail/seccomp_hypervisor.c for both
 * lists.
 */
#ifndef VMC_HOST_JAIL_SECCOMP_HYPERVISOR_H
#define VMC_HOST_JAIL_SECCOMP_HYPERVISOR_H

#include <stdbool.h>

#include "common/error.h"

/* What the hypervisor needs beyond a machine that reads a tree. */
struct jail_needs {
    bool writes;  /* it changes files: a writable tree */
    bool disk;    /* a disk image */
    bool tap;     /* a tap interface's descriptor */
    bool listens; /* it accepts connections on a socket it has been given */
    bool sockets; /* it makes connections itself */
    bool kvm;     /* /dev/kvm */
    bool memory;  /* the guest's memory is a file that it may write to */
    bool shared;  /* that file is its own, and another process maps it, too */
    bool copy;    /* the guest's memory is a private copy of a file */
};

/* The number of the guest's memory, where it is a file of vmc's: the last that the limit allows. */
#define JAIL_MEMORY_NUMBER(exec_fd) ((exec_fd)-1)

/*
 * Loads the filter for this process, which has no_new_privs set. One program can still be executed:
 * the one open at exec_fd, with execveat(2). exec_fd is not below the limit on descriptors, and
 * closed on exec: afterwards there is none of that number, and no way to make one.
 */
int jail_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err);

#endif
