/*
 * Sockets with a name in a file system, unix(7).
 */
#ifndef VMC_HOST_BASE_UNIX_SOCKET_H
#define VMC_HOST_BASE_UNIX_SOCKET_H

#include "common/error.h"

/* Fails if the path is too long for a socket address. */
int unix_socket_check(const char *path, struct error *err);

/*
 * Listens at path, which must not exist; umask(2) decides who may connect. type: SOCK_STREAM or
 * SOCK_SEQPACKET.
 */
int unix_socket_listen(const char *path, int type, int *ret_fd, struct error *err);

int unix_socket_connect(const char *path, int type, int *ret_fd, struct error *err);

/* The same for name in a directory, whose own path may be of any length. */
int unix_socket_listen_at(int dir, const char *name, int type, int *ret_fd, struct error *err);
int unix_socket_connect_at(int dir, const char *name, int type, int *ret_fd, struct error *err);

#endif
