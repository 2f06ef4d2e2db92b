/*
 * File descriptor helpers that the kernel does not give as one call.
 */
#ifndef VMC_COMMON_IO_H
#define VMC_COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* Writes everything, blocking as long as the descriptor does. 0, or -1 with errno. */
int write_all(int fd, const void *bytes, size_t length);

/*
 * Reads a whole file of at most limit bytes. *ret_text gets owned memory with a final NUL
 * that *ret_length does not count. path is relative to dirfd (AT_FDCWD). A larger file is an error.
 * With ret_length NULL it is text: a leading byte order mark is dropped, and a NUL byte is an
 * error, since the rest would be lost. A fifo is read until its writers have closed it.
 */
int read_file_at(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_length,
                 struct error *err);

/* Writes a small file in one write(2), as /proc and cgroup files require. The file exists. */
int write_file(const char *path, const char *text, struct error *err);

/*
 * Waits until fd can be read or is at its end, at most until the deadline (now_ns() time; one in
 * the past only polls). False: the deadline has passed. An fd of -1 never becomes readable.
 */
bool wait_readable(int fd, int64_t deadline);

int set_nonblocking(int fd, bool on);
int set_cloexec(int fd, bool on);

/*
 * A descriptor for the same pipe or terminal as fd whose O_NONBLOCK is not shared with the
 * other processes that hold it (O_NONBLOCK belongs to the open file description, open(2)): a
 * launcher that sets it on its standard input changes its caller's shell. flags is O_RDONLY or
 * O_WRONLY. For everything else, if reopening is not allowed, and for a fifo whose writers have
 * left, it is a plain duplicate: such a fifo and regular files, which must share their offset,
 * never block, and the rest is used in small pieces after poll(2). The caller owns the result; -1
 * with errno only if even duplicating fails.
 */
int reopen_nonblocking(int fd, int flags);

#endif
