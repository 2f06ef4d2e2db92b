#include "guest-agent/container/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/base/netlink.h"

static int find_interface(const char *name, unsigned *ret_index, struct error *err)
{
    *ret_index = if_nametoindex(name);
    return *ret_index ? 0 : error_errno(err, "network interface %s", name);
}

int network_set_up(unsigned index, struct error *err)
{
    struct netlink_request r;
    struct ifinfomsg *link = netlink_begin(&r, RTM_NEWLINK, 0, sizeof(*link));
    link->ifi_index = (int)index;
    link->ifi_flags = link->ifi_change = IFF_UP;
    return netlink_transact(&r, err);
}

int network_raise_loopback(struct error *err)
{
    unsigned index = if_nametoindex("lo");
    if (index == 0 && (errno == EAFNOSUPPORT || errno == ENODEV))
        return 0;
    if (index == 0 || network_set_up(index, err) < 0)
        return error_errno(err, "cannot bring the loopback interface up");
    return 0;
}

int network_move(const char *interface, pid_t pid, struct error *err)
{
    struct netlink_request r;
    unsigned index;
    int32_t target = pid;
    if (find_interface(interface, &index, err) < 0)
        return -1;
    struct ifinfomsg *link = netlink_begin(&r, RTM_NEWLINK, 0, sizeof(*link));
    link->ifi_index = (int)index;
    netlink_add(&r, IFLA_NET_NS_PID, &target, sizeof(target));
    if (netlink_transact(&r, err) < 0)
        return error_wrap(err, "cannot move %s into the container", interface);
    return 0;
}

/* The hardware address, the mtu, and up: in this order, by the kernel (do_setlink). */
static int set_link(const struct network_config *config, unsigned index, struct error *err)
{
    struct netlink_request r;
    struct ifinfomsg *link = netlink_begin(&r, RTM_NEWLINK, 0, sizeof(*link));
    unsigned char mac[6];
    link->ifi_index = (int)index;
    link->ifi_flags = link->ifi_change = IFF_UP;
    if (config->mac) {
        if (sscanf(config->mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
                   &mac[3], &mac[4], &mac[5]) != 6)
            return error_set(err, "'%s' is not a hardware address", config->mac);
        netlink_add(&r, IFLA_ADDRESS, mac, sizeof(mac));
    }
    if (config->mtu > 0) {
        uint32_t mtu = (uint32_t)config->mtu;
        netlink_add(&r, IFLA_MTU, &mtu, sizeof(mtu));
    }
    return netlink_transact(&r, err);
}

/* An address of either family; *ret_size is its length in bytes. */
static int parse_address(const char *text, uint8_t ret[16], uint8_t *ret_family, size_t *ret_size,
                         struct error *err)
{
    *ret_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    *ret_size = *ret_family == AF_INET6 ? 16 : 4;
    return inet_pton(*ret_family, text, ret) == 1 ? 0
                                                  : error_set(err, "'%s' is not an address", text);
}

static int add_address(unsigned index, const char *text, struct error *err)
{
    struct netlink_request r;
    struct ifaddrmsg *message =
        netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*message));
    char copy[64];
    uint8_t address[16];
    size_t size;
    unsigned length;
    const char *slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof(copy) || sscanf(slash, "/%3u", &length) != 1)
        return error_set(err, "'%s' is not ADDRESS/LENGTH", text);
    memcpy(copy, text, (size_t)(slash - text));
    copy[slash - text] = '\0';
    if (parse_address(copy, address, &message->ifa_family, &size, err) < 0)
        return -1;
    message->ifa_prefixlen = (uint8_t)length;
    message->ifa_index = index;
    netlink_add(&r, IFA_LOCAL, address, size);
    netlink_add(&r, IFA_ADDRESS, address, size);
    if (message->ifa_family == AF_INET6) {
        /* Nobody else has it, and duplicate address detection would delay the first packet. */
        uint32_t flags = IFA_F_NODAD;
        netlink_add(&r, IFA_FLAGS, &flags, sizeof(flags));
    }
    if (netlink_transact(&r, err) < 0)
        return error_wrap(err, "address %s", text);
    return 0;
}

static int add_default_route(unsigned index, const char *text, struct error *err)
{
    struct netlink_request r;
    struct rtmsg *route =
        netlink_begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*route));
    uint8_t gateway[16];
    uint32_t interface = index;
    size_t size;
    if (parse_address(text, gateway, &route->rtm_family, &size, err) < 0)
        return -1;
    route->rtm_table = RT_TABLE_MAIN;
    route->rtm_protocol = RTPROT_BOOT;
    route->rtm_scope = RT_SCOPE_UNIVERSE;
    route->rtm_type = RTN_UNICAST;
    netlink_add(&r, RTA_GATEWAY, gateway, size);
    netlink_add(&r, RTA_OIF, &interface, sizeof(interface));
    if (netlink_transact(&r, err) < 0)
        return error_wrap(err, "default route through %s", text);
    return 0;
}

/*
 * Link-local addresses count at once, too, without duplicate address detection (ip-sysctl.rst). A
 * kernel without IPv6 has no such file.
 */
static int skip_detection(const char *interface, struct error *err)
{
    AUTO_FREE char *path = xasprintf("/proc/sys/net/ipv6/conf/%s/accept_dad", interface);
    return access(path, F_OK) < 0 ? 0 : write_file(path, "0", err);
}

/*
 * Has the kernel look for a link-local gateway now: whoever is at the other end learns this
 * interface's link-local address from that, and can open connections to it.
 */
static int greet_gateway(unsigned index, const char *text, struct error *err)
{
    struct netlink_request r;
    struct ndmsg *neighbour = netlink_begin(&r, RTM_NEWNEIGH, NLM_F_CREATE, sizeof(*neighbour));
    uint8_t gateway[16];
    size_t size;
    if (parse_address(text, gateway, &neighbour->ndm_family, &size, err) < 0)
        return -1;
    if (neighbour->ndm_family != AF_INET6 || gateway[0] != 0xfe || (gateway[1] & 0xc0) != 0x80)
        return 0;
    neighbour->ndm_ifindex = (int)index;
    neighbour->ndm_flags = NTF_USE;
    netlink_add(&r, NDA_DST, gateway, size);
    if (netlink_transact(&r, err) < 0)
        return error_wrap(err, "gateway %s", text);
    return 0;
}

static int configure(const struct network_config *config, struct error *err)
{
    unsigned index;
    if (find_interface(config->interface, &index, err) < 0 ||
        (config->announce && skip_detection(config->interface, err) < 0) ||
        set_link(config, index, err) < 0)
        return -1;
    for (size_t i = 0; i < config->addresses.count; i++)
        if (add_address(index, config->addresses.items[i], err) < 0)
            return -1;
    for (size_t i = 0; i < config->gateways.count; i++) {
        const char *gateway = config->gateways.items[i];
        if (add_default_route(index, gateway, err) < 0 ||
            (config->announce && greet_gateway(index, gateway, err) < 0))
            return -1;
    }
    return 0;
}

int network_configure(const struct network_config *config, struct error *err)
{
    if (!config->interface)
        return 0;
    if (configure(config, err) < 0)
        return error_wrap(err, "cannot set up the network");
    return 0;
}
