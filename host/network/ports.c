#include "host/network/ports.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "host/base/notice.h"

static int explain(const char *option, const struct publish *port, struct error *err)
{
    int cause = errno;
    AUTO_FREE char *where = net_address_with_port(&port->address, port->host_port);
    const char *protocol = port->udp ? "udp" : "tcp";
    if (cause == EADDRINUSE)
        return error_set(err, "%s: port %s/%s of the host is taken", option, where, protocol);
    if (cause == EACCES)
        return error_set(err,
                         "%s: port %s/%s of the host is privileged: it needs root, or "
                         "sysctl net.ipv4.ip_unprivileged_port_start",
                         option, where, protocol);
    if (cause == EADDRNOTAVAIL)
        return error_set(err, "%s: %s is not an address of this host", option, where);
    errno = cause;
    return error_errno(err, "%s: port %s/%s of the host", option, where, protocol);
}

int port_bind(const char *option, const struct publish *port, struct error *err)
{
    struct sockaddr_storage address;
    socklen_t length = net_address_socket(&port->address, port->host_port, &address);
    int type = port->udp ? SOCK_DGRAM : SOCK_STREAM, on = 1;
    AUTO_CLOSE int fd = socket(port->address.family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return explain(option, port, err);
    if (port->address.family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    /*
     * Connections of an earlier run that are still closing do not block the port, socket(7). Not
     * for UDP: there it would share the port with any other program that wants it.
     */
    if (!port->udp)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, length) < 0)
        return explain(option, port, err);
    return take_fd(&fd);
}

static int number_of(int fd, uint16_t *ret_port, struct error *err)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return error_errno(err, "cannot read a socket's address");
    *ret_port =
        ntohs(address.ss_family == AF_INET ? ((const struct sockaddr_in *)&address)->sin_port
                                           : ((const struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

static void say_chosen(const struct publish *port)
{
    AUTO_FREE char *where = net_address_with_port(&port->address, port->host_port);
    notice("port %u/%s of the guest is published at %s", port->guest_port,
           port->udp ? "udp" : "tcp", where);
}

int ports_choose(struct publish *ports, size_t count, struct error *err)
{
    int *fds = xcalloc(count, sizeof(*fds));
    size_t held = 0;
    int result = 0;
    /* All stay bound until the last one is, so that no number is chosen twice. */
    while (result == 0 && held < count) {
        struct publish *port = &ports[held];
        bool chosen = port->host_port == 0;
        int fd = port_bind("--publish", port, err);
        if (fd < 0) {
            result = -1;
            break;
        }
        fds[held++] = fd;
        if (chosen && (result = number_of(fd, &port->host_port, err)) == 0)
            say_chosen(port);
    }
    for (size_t i = 0; i < held; i++)
        close(fds[i]);
    free(fds);
    return result;
}
