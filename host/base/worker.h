/*
 * A process of vmc's own code that carries a guest's traffic. It is confined before it sees the
 * first byte: as nobody when root calls, with only the descriptors it is given (the locks of leases
 * stay with vmc and end with it), and with only the system calls of its loop.
 */
#ifndef VMC_HOST_BASE_WORKER_H
#define VMC_HOST_BASE_WORKER_H

#include <seccomp.h>
#include <stddef.h>
#include <sys/resource.h>

#include "common/error.h"
#include "host/base/child.h"

/* The number of its first descriptor; those before are /dev/null. */
#define OWN_PROCESS_FDS 3

struct own_process {
    const char *name; /* 15 characters at most, prctl(2) */
    const int *fds;   /* OWN_PROCESS_FDS and up in the process; the caller keeps them, too */
    size_t count;
    rlim_t files;     /* how many descriptors it needs at most */
    const int *calls; /* in addition to poll(2), memory, time and exit; anything else is ENOSYS */
    size_t call_count;
    int (*more)(scmp_filter_ctx filter); /* calls with arguments, or NULL; 0, or below 0 */
    void (*serve)(void *arg);            /* does not return; SIGPIPE is ignored */
    void *arg;
};

/* Starts it. It ends when vmc does, at the latest. */
int own_process_start(const struct own_process *what, struct child_process *ret, struct error *err);

#endif
