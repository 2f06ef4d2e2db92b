/*
 * Descriptors in messages: SCM_RIGHTS, unix(7).
 */
#ifndef VMC_COMMON_FDS_H
#define VMC_COMMON_FDS_H

#include <stddef.h>
#include <sys/types.h>

/* The kernel's own limit for one message, unix(7). */
#define FDS_MAX 253

/*
 * Sends the bytes, at least one, with count descriptors, which the caller keeps. 0, or -1 with
 * errno; EMSGSIZE if a stream socket does not take all bytes.
 */
int fds_send(int socket, const void *bytes, size_t length, const int *fds, size_t count);

/*
 * recvmsg(2): the number of bytes, 0 at the end, -1 with errno. *count is the room in fds before
 * the call, and afterwards the number of descriptors received, which the caller owns; they are
 * close-on-exec. If bytes or descriptors do not fit, it fails with EMSGSIZE and closes all
 * descriptors.
 */
ssize_t fds_receive(int socket, void *bytes, size_t size, int *fds, size_t *count);

#endif
