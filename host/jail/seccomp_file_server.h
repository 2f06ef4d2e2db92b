/*
 * The system calls of virtiofsd (file_server.h): an allow list for its start, for reading a
 * directory, and for changing one. It adds a filter of its own before it serves the first request.
 * seccomp(2).
 *
 * Calls that are not on the list fail with ENOSYS, and calls that change files with EROFS in a
 * read-only share.
 */
#ifndef VMC_HOST_JAIL_SECCOMP_FILE_SERVER_H
#define VMC_HOST_JAIL_SECCOMP_FILE_SERVER_H

#include "host/jail/seccomp_hypervisor.h"

/* As jail_seccomp_load(): the program open at exec_fd can still be executed. */
int file_server_seccomp_load(const struct jail_needs *needs, int exec_fd, struct error *err);

#endif
