#include "guest-agent/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"

union fd_message {
    char bytes[CMSG_SPACE(LINK_FDS_MAX * sizeof(int))];
    struct cmsghdr align;
};

struct link_payload {
    int32_t kind;
    struct exit_record record;
};

int link_send(int link, enum link_kind kind, const struct exit_record *record, const int *fds,
              int count, struct error *err)
{
    struct link_payload payload = {.kind = kind};
    if (record)
        payload.record = *record;
    struct iovec part = {&payload, sizeof(payload)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union fd_message control = {{0}};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = &control.align;
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
    }
    if (sendmsg(link, &message, MSG_NOSIGNAL) != (ssize_t)sizeof(payload))
        return error_errno(err, "cannot tell the agent");
    return 0;
}

static void take_fds(struct msghdr *message, int fds[LINK_FDS_MAX])
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return;
    memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
}

int link_receive(int link, struct link_message *ret, struct error *err)
{
    struct link_payload payload = {0};
    struct iovec part = {&payload, sizeof(payload)};
    union fd_message control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control)};
    ssize_t n;
    do
        n = recvmsg(link, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && (errno == EAGAIN || errno == ECONNRESET)))
        return 0;
    if (n < 0)
        return error_errno(err, "cannot hear the container's first process");
    *ret = (struct link_message){.kind = payload.kind, .record = payload.record, .fds = {-1, -1}};
    take_fds(&message, ret->fds);
    if (n != (ssize_t)sizeof(payload))
        return error_set(err, "the container's first process is not understood");
    return 1;
}
