/*
 * passt(1): a separate process that carries the guest's connections as ordinary sockets of the
 * host. It confines itself (namespaces, an empty root, seccomp; nobody when root starts it) and
 * ends when the machine's end of its socket is closed, so nothing is left of it even when vmc and
 * QEMU are killed.
 *
 * Most containers never send a packet, and passt has 29 MB of buffers. So without a published port
 * the process waits for the first packet before it becomes passt.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/log.h"
#include "common/packet_frames.h"
#include "host/network/guest_packets.h"
#include "host/network/user.h"

/* Numbers of the descriptors in passt, after the standard three. */
enum {
    PASST_FD_SOCKET = 3,
    PASST_FD_END,
};

/* The largest frame the guest may send before passt runs: all link talk is smaller. */
#define TALK_MAX 512

/* Its own hardware address; any that is not the guest's. */
#define PASST_MAC "02:00:76:6d:63:02"

/*
 * passt carries jumbo frames over its socket, which save most of the work. It exits at a frame of
 * more than 65535 bytes, Ethernet header included (L2_MAX_LEN_PASST).
 */
#define PASST_MTU 65520

/*
 * An interface with a link-local IPv6 address: passt serves IPv6 only on behalf of one. False if
 * there is none. /proc/net/if_inet6: address, index, prefix length, scope, flags, name.
 */
static bool find_ipv6_interface(char ret[INTERFACE_NAME_SIZE])
{
    FILE *file = fopen("/proc/net/if_inet6", "re");
    unsigned scope, flags;
    bool found = false;
    if (!file)
        return false;
    while (!found && fscanf(file, "%*32s %*x %*x %x %x %15s", &scope, &flags, ret) == 3)
        found = scope == 0x20 /* link */ && (flags & 0x48) == 0 /* tentative, failed */;
    fclose(file);
    return found;
}

static int check_ports(const struct network *network, bool ipv6, struct error *err)
{
    for (size_t i = 0; i < network->spec->port_count; i++) {
        const struct publish *given = &network->ports[i];
        AUTO_FREE char *where = net_address_with_port(&given->address, given->host_port);
        if (given->address.family == AF_INET6 && !ipv6)
            return error_set(err,
                             "--publish %s: passt serves IPv6 only on a host that has an interface "
                             "with a link-local IPv6 address",
                             where);
    }
    return 0;
}

static void add_ports(const struct network *network, bool udp, struct strings *argv)
{
    const char *option = udp ? "-u" : "-t";
    bool any = false;
    for (size_t i = 0; i < network->spec->port_count; i++) {
        const struct publish *p = &network->ports[i];
        char address[NET_ADDRESS_TEXT];
        if (p->udp != udp)
            continue;
        net_address_format(&p->address, address);
        strings_add(argv, option);
        strings_addf(argv, "%s/%u:%u", address, p->host_port, p->guest_port);
        any = true;
    }
    /* Given explicitly, since passt otherwise copies the TCP ports to UDP. */
    if (!any) {
        strings_add(argv, option);
        strings_add(argv, "none");
    }
}

/* No one can want to reach it before it has sent something. */
static bool waits_for_traffic(const struct network *network)
{
    return network->spec->port_count == 0;
}

static void add_pair(struct strings *argv, const char *option, const char *value)
{
    strings_add(argv, option);
    strings_add(argv, value);
}

void passt_argv(const struct network *network, const char *interface, bool ipv6,
                const struct user_dns *dns, struct strings *ret)
{
    /* passt requires this name; the rest shows which run it belongs to. */
    strings_addf(ret, "%s/passt", network->directory);
    strings_add(ret, "--foreground");
    strings_add(ret, "--quiet");
    strings_add(ret, "--fd");
    strings_addf(ret, "%d", PASST_FD_SOCKET);
    /*
     * It writes its PID when it is ready, which is the only use of this file. It closes all
     * descriptors except the standard three and its socket.
     */
    if (!waits_for_traffic(network))
        add_pair(ret, "--pid", "/proc/self/fd/1");
    /* Named explicitly, since passt finds no interface without a default route. */
    add_pair(ret, "--interface", interface);
    add_pair(ret, "--mac-addr", PASST_MAC);
    add_pair(ret, "--address", USER_ADDRESS);
    strings_add(ret, "--netmask");
    strings_addf(ret, "%d", USER_LENGTH);
    add_pair(ret, "--gateway", USER_GATEWAY);
    if (ipv6) {
        add_pair(ret, "--address", USER_ADDRESS6);
        add_pair(ret, "--gateway", USER_GATEWAY6);
    } else {
        strings_add(ret, "--ipv4-only");
    }
    /* The agent sets fixed addresses. */
    strings_add(ret, "--no-dhcp");
    strings_add(ret, "--no-dhcpv6");
    strings_add(ret, "--no-ra");
    add_pair(ret, "--search", "none");
    if (!network->spec->host_loopback)
        strings_add(ret, "--no-map-gw");
    if (dns->forward)
        add_pair(ret, "--dns-forward", USER_DNS);
    if (dns->forward6)
        add_pair(ret, "--dns-forward", USER_DNS6);
    add_ports(network, false, ret);
    add_ports(network, true, ret);
}

/* passt's ends of its descriptors; ours go into the network. */
static int make_descriptors(struct network *network, int fds[PASST_FD_END], struct error *err)
{
    int pair[2], ready[2], errors[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket");
    network->link.fd = pair[0];
    fds[PASST_FD_SOCKET] = pair[1];
    /*
     * As large as the host allows, socket(7): passt waits seconds for a timer once its end is full.
     */
    const int most = INT_MAX / 2;
    for (size_t i = 0; i < ARRAY_LEN(pair); i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe");
    network->errors_fd = errors[0];
    fds[STDERR_FILENO] = errors[1];
    if (waits_for_traffic(network))
        return 0;
    if (pipe2(ready, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    network->ready_fd = ready[0];
    fds[STDOUT_FILENO] = ready[1];
    /* passt opens it by name after root has become nobody. */
    if (fchmod(ready[1], 0666) < 0)
        return error_errno(err, "cannot set a pipe's mode");
    return 0;
}

/* Discards a frame of link talk; false if passt has to see it. Ends with the machine. */
static bool take_link_talk(void)
{
    unsigned char bytes[PACKET_LENGTH_SIZE + TALK_MAX];
    struct error err = ERROR_INIT;
    size_t size;
    ssize_t n = recv(PASST_FD_SOCKET, bytes, sizeof(bytes), MSG_PEEK);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        _exit(0);
    return packet_frame_first(bytes, (size_t)n, &size, &err) > 0 &&
           packet_is_link_talk(bytes + PACKET_LENGTH_SIZE, size - PACKET_LENGTH_SIZE) &&
           recv(PASST_FD_SOCKET, bytes, size, 0) > 0;
}

static void wait_for_traffic(void)
{
    prctl(PR_SET_NAME, "vmc-passt");
    while (take_link_talk())
        ;
}

static int start(struct network *network, struct strings *argv, struct error *err)
{
    int fds[PASST_FD_END] = {-1, -1, -1, -1};
    int result = make_descriptors(network, fds, err);
    for (size_t i = 0; i < argv->count && result == 0; i++)
        log_debug("passt: %s", argv->items[i]);
    if (result == 0)
        result = child_start_after(waits_for_traffic(network) ? wait_for_traffic : NULL,
                                   network->passt, argv, fds, PASST_FD_END, &network->helper, err);
    for (size_t i = STDOUT_FILENO; i < PASST_FD_END; i++)
        close_fd(&fds[i]);
    return result;
}

static int prepare(struct network *network, struct error *err)
{
    char interface[INTERFACE_NAME_SIZE] = "lo";
    struct user_dns dns = {false, false};
    AUTO_STRINGS struct strings argv = {0};
    bool ipv6 = find_ipv6_interface(interface);
    if (!ipv6)
        snprintf(interface, sizeof(interface), "lo");
    if (check_ports(network, ipv6, err) < 0)
        return -1;
    network->link.kind = LINK_STREAM;
    network->guest.mtu = PASST_MTU;
    user_guest(&network->guest, ipv6, &dns);
    /* passt connects clients of its IPv6 loopback to the guest's link-local address. */
    for (size_t i = 0; i < network->spec->port_count; i++)
        network->guest.announce |= network->ports[i].address.family == AF_INET6;
    passt_argv(network, interface, ipv6, &dns, &argv);
    return start(network, &argv, err);
}

static int wait_ready(struct network *network, int64_t deadline, struct error *err)
{
    if (network->ready_fd < 0)
        return 0;
    char word;
    if (!wait_readable(network->ready_fd, deadline))
        return error_set(err, "the network was not ready in time: passt has not started");
    /* End of file without data: passt has ended. */
    if (read(network->ready_fd, &word, 1) <= 0) {
        network_listen(network);
        return error_set(err, "the network could not be started: passt: %s",
                         network->words[0] ? network->words : "it ended without a message");
    }
    close_fd(&network->ready_fd);
    return 0;
}

/* Those of its warnings that the guest cannot notice: it gets no answer. */
static const struct network_hint hints[] = {
    {"ping_group_range", "the guest's ping gets no answer: " PING_ADVICE},
    {"IPv4 fragments", "a datagram from the guest was dropped: passt accepts no fragments, and "
                       "none of more than 65492 bytes"},
    {NULL, NULL},
};

const struct network_ops network_passt = {
    .name = "passt",
    .hints = hints,
    .prepare = prepare,
    .wait = wait_ready,
};
