#include "guest-agent/container/network_pair.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/base/netlink.h"
#include "guest-agent/container/network.h"

#define KIND "veth"

static void add_name(struct netlink_request *r, const char *name, int64_t mtu)
{
    uint32_t value = (uint32_t)mtu;
    netlink_add(r, IFLA_IFNAME, name, strlen(name) + 1);
    if (mtu > 0)
        netlink_add(r, IFLA_MTU, &value, sizeof(value));
}

/* include/uapi/linux/veth.h: the peer is a link message of its own, inside. */
static int make(const char *far_end, const char *near_end, int64_t mtu, struct error *err)
{
    static const struct ifinfomsg header;
    struct netlink_request r;
    netlink_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(header));
    add_name(&r, far_end, mtu);
    struct rtattr *info = netlink_begin_nest(&r, IFLA_LINKINFO, NULL, 0);
    netlink_add(&r, IFLA_INFO_KIND, KIND, strlen(KIND));
    struct rtattr *data = netlink_begin_nest(&r, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *peer = netlink_begin_nest(&r, VETH_INFO_PEER, &header, sizeof(header));
    add_name(&r, near_end, mtu);
    netlink_end_nest(&r, peer);
    netlink_end_nest(&r, data);
    netlink_end_nest(&r, info);
    if (netlink_transact(&r, err) < 0)
        return error_wrap(err, "cannot make the container's network interface (veth)");
    return 0;
}

/*
 * Inside a host frames carry a note instead of a checksum, and may be larger than any frame
 * (Documentation/networking/checksum-offloads.rst, segmentation-offloads.rst); nobody at the near
 * end could make up for that. Large ones go with the checksums: they depend on them.
 */
static int make_whole_frames(const char *interface, struct error *err)
{
    struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM, .data = 0};
    struct ifreq request = {.ifr_data = (void *)&value};
    AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
    if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0)
        return error_errno(err, "cannot enable checksums on %s", interface);
    return 0;
}

int network_make_pair(const char *far_end, const char *near_end, int64_t mtu, struct error *err)
{
    if (make(far_end, near_end, mtu, err) < 0 || make_whole_frames(far_end, err) < 0)
        return -1;
    return network_set_up(if_nametoindex(near_end), err);
}

/*
 * What comes at once, before the reader has had a turn: ten frames of the largest kind (TCP's first
 * window), and with one processor all that a connection may have under way, 4 MiB (tcp_wmem). A
 * frame that finds no room is lost, and TCP waits for it. Root of a user namespace may have no more
 * than net.core.rmem_max, socket(7).
 */
#define PACKETS_ROOM (8 << 20)

int network_open_packets(const char *interface, struct error *err)
{
    const int on = 1, room = PACKETS_ROOM;
    AUTO_CLOSE int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(interface),
    };
    /* Ignoring: what the kernel itself would say at this end is not the container's. */
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
        (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 &&
         setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) < 0) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return error_errno(err, "cannot open a packet socket on %s", interface);
    return take_fd(&fd);
}
