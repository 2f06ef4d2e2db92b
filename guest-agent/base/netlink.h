/*
 * Requests to the kernel about network interfaces, in the network namespace of the caller:
 * rtnetlink(7).
 */
#ifndef VMC_GUEST_AGENT_BASE_NETLINK_H
#define VMC_GUEST_AGENT_BASE_NETLINK_H

#include <stddef.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "common/error.h"

/* One request: header, the message of its kind, and a few attributes. */
struct netlink_request {
    struct nlmsghdr header;
    char body[256];
};

/* Starts a request of this type; the message of its kind, size bytes, is returned to be filled. */
void *netlink_begin(struct netlink_request *r, unsigned type, unsigned flags, size_t size);

void netlink_add(struct netlink_request *r, unsigned type, const void *value, size_t size);

/* An attribute that begins with a header (size may be 0) and holds those added until its end. */
struct rtattr *netlink_begin_nest(struct netlink_request *r, unsigned type, const void *header,
                                  size_t size);
void netlink_end_nest(struct netlink_request *r, struct rtattr *nest);

/* Sends the request and reads the kernel's answer to it. */
int netlink_transact(const struct netlink_request *r, struct error *err);

#endif
