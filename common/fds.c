#include "common/fds.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int fds_send(int socket, const void *bytes, size_t length, const int *fds, size_t count)
{
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {{0}};
    if (count > FDS_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(*fds));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(*fds));
        memcpy(CMSG_DATA(&control.header), fds, count * sizeof(*fds));
    }
    ssize_t n;
    while ((n = sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    if (n >= 0 && (size_t)n < length)
        errno = EMSGSIZE;
    return n == (ssize_t)length ? 0 : -1;
}

/* The descriptors of a message that there is room for; closes the rest. */
static size_t take(struct msghdr *message, int *fds, size_t room)
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(*fds);
    int all[FDS_MAX];
    memcpy(all, CMSG_DATA(header), count * sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        if (i < room)
            fds[i] = all[i];
        else
            close(all[i]);
    }
    if (count > room)
        message->msg_flags |= MSG_CTRUNC;
    return count < room ? count : room;
}

ssize_t fds_receive(int socket, void *bytes, size_t size, int *fds, size_t *count)
{
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    union control control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    size_t room = *count;
    *count = 0;
    ssize_t n;
    while ((n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return -1;
    size_t taken = take(&message, fds, room);
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (size_t i = 0; i < taken; i++)
            close(fds[i]);
        errno = EMSGSIZE;
        return -1;
    }
    *count = taken;
    return n;
}
