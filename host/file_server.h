/*
 * virtiofsd: the process that reads a machine's root file system for it, in a jail of its own.
 * Where there is one, QEMU has no share: the guest's requests (FUSE's) go through the machine's
 * memory, which both processes map, to a process that holds nothing but the directory.
 */
#ifndef VMC_HOST_FILE_SERVER_H
#define VMC_HOST_FILE_SERVER_H

#include "host/machine.h"

/* Refuses where QEMU's own virtiofsd is not installed. */
int file_server_find(struct error *err);

/*
 * Refuses a directory that it could not serve, and makes two ends that have found each other:
 * *ret_ours is the file server's, and listens; *ret_theirs is the hypervisor's, and connected
 * already. Both are the caller's.
 */
int file_server_prepare(const struct machine_request *request, int *ret_ours, int *ret_theirs,
                        struct error *err);

/*
 * Starts it for a hypervisor that has been started, as one more of its control groups. What it says
 * goes where the hypervisor's errors go. It ends when the hypervisor does.
 */
int file_server_start(const struct machine_request *request, int listener, int errors,
                      const struct jailed *hypervisor, struct jailed *ret,
                      struct isolation *isolation, struct error *err);

#endif
