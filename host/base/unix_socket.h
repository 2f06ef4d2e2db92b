/*
 * Sockets with a name in a file system, unix(7).
 */
#ifndef VMC_HOST_BASE_UNIX_SOCKET_H
#define VMC_HOST_BASE_UNIX_SOCKET_H

#include "common/error.h"

/* Fails where the path is longer than a socket's name can be. */
int unix_socket_check(const char *path, struct error *err);

/* Listens at path, which must not exist; who may connect is for umask(2) to say. type: SOCK_STREAM
 * or SOCK_SEQPACKET. */
int unix_socket_listen(const char *path, int type, int *ret_fd, struct error *err);

int unix_socket_connect(const char *path, int type, int *ret_fd, struct error *err);

#endif
