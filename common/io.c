#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

/* The byte order mark of UTF-8, which some editors put before a text. */
#define BYTE_ORDER_MARK "\357\273\277"

int write_all(int fd, const void *bytes, size_t length)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

/* The number of the line with the byte of text at offset count. */
static size_t line_number(const char *text, size_t count)
{
    size_t number = 1;
    for (size_t i = 0; i < count; i++)
        number += text[i] == '\n';
    return number;
}

int read_file_at(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_length,
                 struct error *err)
{
    AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_errno(err, "cannot open %s", path);
    AUTO_FREE char *text = xcalloc(limit + 2, 1);
    size_t length = 0;
    for (;;) {
        ssize_t n = read(fd, text + length, limit + 1 - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, "cannot read %s", path);
        if (n == 0)
            break;
        length += (size_t)n;
        if (length > limit)
            return error_set(err, "%s is larger than %zu bytes", path, limit);
    }
    text[length] = '\0';
    if (!ret_length && strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
        length -= strlen(BYTE_ORDER_MARK);
        memmove(text, text + strlen(BYTE_ORDER_MARK), length + 1);
    }
    if (!ret_length && strlen(text) < length)
        return error_set(err, "%s:%zu: a NUL byte, so this is not text", path,
                         line_number(text, strlen(text)));
    if (ret_length)
        *ret_length = length;
    *ret_text = text;
    text = NULL;
    return 0;
}

int write_file(const char *path, const char *text, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot open %s", path);
    if (dprintf(fd, "%s", text) < 0)
        return error_errno(err, "cannot write %s", path);
    return 0;
}

static int change_flag(int fd, int get, int set, int flag, bool on)
{
    int flags = fcntl(fd, get);
    if (flags < 0)
        return -1;
    int wanted = on ? flags | flag : flags & ~flag;
    return wanted == flags ? 0 : fcntl(fd, set, wanted);
}

bool wait_readable(int fd, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;
    while ((n = poll(&p, 1, poll_timeout(deadline))) < 0 && errno == EINTR)
        ;
    return n != 0;
}

int set_nonblocking(int fd, bool on)
{
    return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int set_cloexec(int fd, bool on)
{
    return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

/*
 * A named fifo never reports a hang-up to a reader that was opened after the last writer had left:
 * it waits for a first writer (fs/pipe.c, fifo_open() and pipe_poll()). The older descriptor does
 * report it.
 */
static bool writers_have_left(int fd)
{
    struct pollfd p = {.fd = fd};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

int reopen_nonblocking(int fd, int flags)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(fd))) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        AUTO_CLOSE int opened = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (opened >= 0 && !(flags == O_RDONLY && writers_have_left(fd)))
            return take_fd(&opened);
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}
