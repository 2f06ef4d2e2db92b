#include "guest-agent/base/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"

void *netlink_begin(struct netlink_request *r, unsigned type, unsigned flags, size_t size)
{
    memset(r, 0, sizeof(*r));
    r->header.nlmsg_len = NLMSG_LENGTH(size);
    r->header.nlmsg_type = (uint16_t)type;
    r->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    return NLMSG_DATA(&r->header);
}

void netlink_add(struct netlink_request *r, unsigned type, const void *value, size_t size)
{
    size_t at = NLMSG_ALIGN(r->header.nlmsg_len);
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)r + at);
    if (at + RTA_SPACE(size) > sizeof(*r))
        abort(); /* the largest message has room twice over */
    attribute->rta_type = (uint16_t)type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), value, size);
    r->header.nlmsg_len = (uint32_t)(at + RTA_SPACE(size));
}

/* The kernel's answer comes before send(2) returns. */
int netlink_transact(const struct netlink_request *r, struct error *err)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr result;
        /* The request again, and the kernel's remarks. */
        char rest[sizeof(struct netlink_request) + 512];
    } answer;
    AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 || send(fd, r, r->header.nlmsg_len, 0) < 0)
        return error_errno(err, "rtnetlink");
    ssize_t n = recv(fd, &answer, sizeof(answer), 0);
    if (n < 0)
        return error_errno(err, "rtnetlink");
    if ((size_t)n < NLMSG_LENGTH(sizeof(answer.result)) || answer.header.nlmsg_type != NLMSG_ERROR)
        return error_set(err, "unexpected rtnetlink reply");
    if (answer.result.error == 0)
        return 0;
    errno = -answer.result.error;
    return error_errno(err, "rtnetlink");
}

struct rtattr *netlink_begin_nest(struct netlink_request *r, unsigned type, const void *header,
                                  size_t size)
{
    struct rtattr *nest = (struct rtattr *)(void *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));
    netlink_add(r, type, header, size);
    return nest;
}

void netlink_end_nest(struct netlink_request *r, struct rtattr *nest)
{
    nest->rta_len = (uint16_t)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len) - (char *)nest);
}
