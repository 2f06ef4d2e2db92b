/*
 * virtiofsd: the process that serves a host directory to a machine, in a jail of its own. QEMU does
 * not have the share: the guest's FUSE requests go through the machine's memory, which both
 * processes map, to a process that holds only the directory. It holds a file by a descriptor, not
 * by a path: an open file in the guest stays that file, whatever happens to its name. One process
 * for each share, since each has one cache mode and one set of rights.
 */
#ifndef VMC_HOST_BACKEND_QEMU_FILE_SERVER_H
#define VMC_HOST_BACKEND_QEMU_FILE_SERVER_H

#include "host/machine/machine.h"

/* One end for each of machine_shares(); -1: the share has no file server, or none yet. */
struct file_server_ends {
    int fds[MACHINE_SHARES_MAX];
};

/*
 * Refuses a directory that it could not serve, and makes two connected ends for each share: ours
 * are for the file servers, and listen; theirs are for the hypervisor, and are connected. The
 * caller owns both, also after a failure.
 */
int file_server_prepare(const struct machine_request *request, struct file_server_ends *ours,
                        struct file_server_ends *theirs, struct error *err);

/*
 * Starts them for m's hypervisor, which is already running, in its control groups. They end when
 * the hypervisor does, with an error message: their output goes to errors with --debug.
 */
int file_server_start(const struct machine_request *request, const struct file_server_ends *ours,
                      int errors, struct machine *m, struct isolation *isolation,
                      struct error *err);

void file_server_close(struct file_server_ends *ends);

#endif
