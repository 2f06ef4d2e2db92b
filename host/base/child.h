/*
 * A helper program: started with exactly the descriptors it is given, in its own session, killed
 * when vmc dies.
 */
#ifndef VMC_HOST_BASE_CHILD_H
#define VMC_HOST_BASE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/util.h"

struct child_process {
    pid_t pid; /* -1: none */
    int pidfd; /* readable when it has ended, pidfd_open(2) */
};

#define CHILD_INIT                                                                                 \
    {                                                                                              \
        .pid = -1, .pidfd = -1                                                                     \
    }

/* The most descriptors a child can be given. */
#define CHILD_FDS_MAX 8

/*
 * Starts program path with argv. fds[i] becomes descriptor i of the child (-1: /dev/null); they
 * stay the caller's, too. Its environment is a PATH and a LANG.
 */
int child_start(const char *path, struct strings *argv, const int *fds, size_t fd_count,
                struct child_process *ret, struct error *err);

/*
 * The same, but the child first calls wait, with only the descriptors it is given; when that
 * returns it executes the program.
 */
int child_start_after(void (*wait)(void), const char *path, struct strings *argv, const int *fds,
                      size_t fd_count, struct child_process *ret, struct error *err);

/*
 * Kills it and waits for it; if killing is not permitted, waits briefly for it to end by itself.
 * Accepts one that never started, or has been stopped.
 */
void child_stop(struct child_process *child);

/*
 * Waits until it has ended. At the deadline (now_ns() time) it is killed, which is an error.
 * *ret_status is as of waitpid(2).
 */
int child_wait(struct child_process *child, int64_t deadline, int *ret_status, struct error *err);

/*
 * The first program of this name in PATH, or in the sbin directories. NULL: none. Owned by the
 * caller.
 */
char *program_find(const char *name);

#endif
