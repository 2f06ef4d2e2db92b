/*
 * The system calls a jailed hypervisor may make: an allow list, below QEMU's own -sandbox, which is
 * a deny list. seccomp(2).
 *
 * Other calls fail with ENOSYS, as on an older kernel, and programs fall back. Calls that only an
 * intruder would make kill the process with SIGSYS: jail/seccomp_hypervisor.c has both lists.
 */
#ifndef VMC_HOST_JAIL_SECCOMP_HYPERVISOR_H
#define VMC_HOST_JAIL_SECCOMP_HYPERVISOR_H

#include <stdbool.h>

#include "common/error.h"

/* The needs of a hypervisor beyond a machine that only reads a tree. */
struct jail_needs {
    bool writes;  /* it changes files: a writable tree */
    bool disk;    /* a disk image */
    bool tap;     /* a tap interface's descriptor */
    bool listens; /* it accepts connections on an inherited socket */
    bool sockets; /* it makes connections itself */
    bool kvm;     /* /dev/kvm */
    bool memory;  /* the guest's memory is a file that it may write to */
    bool shared;  /* that file is its own, and another process maps it, too */
    bool copy;    /* the guest's memory is a private copy of a file */
};

/* The number of the guest's memory, if vmc provides it: the last that the limit allows. */
#define JAIL_MEMORY_NUMBER(exec_fd) ((exec_fd)-1)

/*
 * Loads the filter for this process, which has no_new_privs set. One program can still be executed:
 * the one open at exec_fd, with execveat(2). exec_fd is beyond the limit on descriptors, and closed
 * on exec: afterwards there is no descriptor of that number, and no way to make one.
 */
int jail_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err);

#endif
