#include "host/network/forwarder_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/worker.h"
#include "host/network/ports.h"

#define BACKLOG 128

int forward_open(const struct publish *port, const struct net_address *guest, struct forward *ret,
                 struct error *err)
{
    AUTO_CLOSE int fd = port_bind("--publish", port, err);
    if (fd < 0)
        return -1;
    if (!port->udp && listen(fd, BACKLOG) < 0)
        return error_errno(err, "--publish: port %u of the host", port->host_port);
    *ret = (struct forward){.udp = port->udp, .guest = *guest, .guest_port = port->guest_port};
    ret->fd = take_fd(&fd);
    return 0;
}

/* ---- the system calls of the loop, base/worker.h ---- */

static const int calls[] = {
    SCMP_SYS(accept4), SCMP_SYS(connect),  SCMP_SYS(bind),       SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),  SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(close),
};

/* Only internet sockets. */
static int allow_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    int result = 0;
    for (size_t i = 0; i < ARRAY_LEN(families) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
    if (result < 0)
        return result;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                            SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP), SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY));
}

/* ---- the process ---- */

/* The process's own copy of its work. */
struct forward_list {
    struct forward *forwards;
    size_t count;
};

static _Noreturn void serve(void *arg)
{
    const struct forward_list *served = arg;
    struct forward *forwards = served->forwards;
    size_t count = served->count;
    int life_fd = OWN_PROCESS_FDS + (int)count;
    for (size_t i = 0; i < count; i++)
        forwards[i].fd = OWN_PROCESS_FDS + (int)i;
    struct tcp_forwarder *tcp = tcp_forwarder_new();
    struct udp_forwarder *udp = udp_forwarder_new();
    struct pollfd *slots =
        xcalloc(1 + count + 2 * FORWARD_TCP_MAX + FORWARD_UDP_MAX, sizeof(*slots));
    for (;;) {
        bool full = tcp_forwarder_full(tcp);
        slots[0] = (struct pollfd){.fd = life_fd};
        for (size_t i = 0; i < count; i++)
            slots[1 + i] = (struct pollfd){.fd = !forwards[i].udp && full ? -1 : forwards[i].fd,
                                           .events = POLLIN};
        struct pollfd *tcp_slots = slots + 1 + count;
        size_t tcp_count = tcp_forwarder_prepare(tcp, tcp_slots);
        struct pollfd *udp_slots = tcp_slots + tcp_count;
        size_t udp_count = udp_forwarder_prepare(udp, udp_slots);
        if (poll(slots, 1 + count + tcp_count + udp_count, -1) < 0)
            continue;
        if (slots[0].revents)
            _exit(0);
        tcp_forwarder_serve(tcp, tcp_slots, tcp_count);
        udp_forwarder_serve(udp, udp_slots, udp_count);
        for (size_t i = 0; i < count; i++)
            if (slots[1 + i].revents & POLLIN) {
                if (forwards[i].udp)
                    udp_forwarder_receive(udp, &forwards[i]);
                else
                    tcp_forwarder_accept(tcp, &forwards[i]);
            }
    }
}

int forwarder_start(const struct forward *forwards, size_t count, int *ret_life_fd,
                    struct child_process *ret, struct error *err)
{
    int life[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, life) < 0)
        return error_errno(err, "cannot make a socket");
    *ret_life_fd = life[0];
    AUTO_CLOSE int life_fd = life[1];
    AUTO_FREE struct forward *own = xcalloc(count, sizeof(*own));
    AUTO_FREE int *fds = xcalloc(count + 1, sizeof(*fds));
    memcpy(own, forwards, count * sizeof(*own));
    for (size_t i = 0; i < count; i++)
        fds[i] = forwards[i].fd;
    fds[count] = life_fd;
    struct forward_list served = {own, count};
    const struct own_process process = {
        .name = "vmc-forwarder",
        .fds = fds,
        .count = count + 1,
        .files = 8 + count + 2 * FORWARD_TCP_MAX + FORWARD_UDP_MAX,
        .calls = calls,
        .call_count = ARRAY_LEN(calls),
        .more = allow_sockets,
        .serve = serve,
        .arg = &served,
    };
    return own_process_start(&process, ret, err);
}
