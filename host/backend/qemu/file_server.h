/*
 * virtiofsd: the process that a machine has a share of the host's from, in a jail of its own. Where
 * there is one, QEMU has no share: the guest's requests (FUSE's) go through the machine's memory,
 * which both processes map, to a process that holds nothing but the directory. It knows a file by a
 * descriptor, not by a path: what is open in the guest stays that file, whatever becomes of its
 * name. One process for each share, since each has one way of caching and one set of rights.
 */
#ifndef VMC_HOST_BACKEND_QEMU_FILE_SERVER_H
#define VMC_HOST_BACKEND_QEMU_FILE_SERVER_H

#include "host/machine/machine.h"

/* One end for each of machine_shares(); -1: the share has no file server, or none yet. */
struct file_server_ends {
    int fds[MACHINE_SHARES_MAX];
};

/*
 * Refuses a directory that it could not serve, and makes two ends for each share, which have found
 * each other: ours are the file servers', and listen; theirs are the hypervisor's, and connected.
 * Both are the caller's, also after a failure.
 */
int file_server_prepare(const struct machine_request *request, struct file_server_ends *ours,
                        struct file_server_ends *theirs, struct error *err);

/*
 * Starts them for m's hypervisor, which has been started, as more of its control groups. They end
 * when the hypervisor does, and complain about that: what they say goes to errors with --debug.
 */
int file_server_start(const struct machine_request *request, const struct file_server_ends *ours,
                      int errors, struct machine *m, struct isolation *isolation,
                      struct error *err);

void file_server_close(struct file_server_ends *ends);

#endif
