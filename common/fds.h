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
 * Sends the bytes, at least one, with count descriptors, which stay the caller's. 0, or -1 with
 * errno; a stream socket that takes less than all gives EMSGSIZE.
 */
int fds_send(int socket, const void *bytes, size_t length, const int *fds, size_t count);

/*
 * recvmsg(2): the number of bytes, 0 at the end, -1 with errno. *count has the room in fds before,
 * and the number of descriptors in it, now the caller's, after; they are closed on exec. What does
 * not fit, in bytes or in descriptors, is an error, EMSGSIZE, and all descriptors are closed.
 */
ssize_t fds_receive(int socket, void *bytes, size_t size, int *fds, size_t *count);

#endif
