#include "host/forwarder_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "host/network_ports.h"

#define NOBODY 65534
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

/*
 * Moves what is needed to the numbers from 3 on and closes everything else: above all the locks of
 * leases, which are vmc's and end with it.
 */
static int keep_only(struct forward *forwards, size_t count, int *life_fd)
{
    int end = 3 + (int)count;
    for (size_t i = 0; i < count; i++)
        if ((forwards[i].fd = fcntl(forwards[i].fd, F_DUPFD, end + 1)) < 0)
            return -1;
    if ((*life_fd = fcntl(*life_fd, F_DUPFD, end + 1)) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        forwards[i].fd = dup2(forwards[i].fd, 3 + (int)i);
    *life_fd = dup2(*life_fd, end);
    close_range((unsigned)end + 1, ~0u, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    close(null);
    return 0;
}

/* Room for all connections at once: a process that can accept none would spin. */
static int raise_limit(size_t count)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return -1;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        return -1;
    return files.rlim_cur < 8 + count + 2 * FORWARD_TCP_MAX + FORWARD_UDP_MAX ? -1 : 0;
}

/* What it has to do it does with nobody's rights. */
static int shut_in(struct forward *forwards, size_t count, int *life_fd)
{
    if (keep_only(forwards, count, life_fd) < 0 || raise_limit(count) < 0)
        return -1;
    setsid();
    prctl(PR_SET_NAME, "vmc-forwarder");
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                           setresuid(NOBODY, NOBODY, NOBODY) < 0))
        return -1;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* After the change of ids, which clears it: prctl(2). life_fd tells of an earlier end. */
    return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -1 : forwarder_filter_load();
}

static _Noreturn void serve(struct forward *forwards, size_t count, int life_fd)
{
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
                    struct child *ret, struct error *err)
{
    int life[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, life) < 0)
        return error_errno(err, "cannot make a socket");
    *ret_life_fd = life[0];
    AUTO_CLOSE int life_fd = life[1];
    pid_t pid = fork();
    if (pid == 0) {
        struct forward *own = xcalloc(count, sizeof(*own));
        memcpy(own, forwards, count * sizeof(*own));
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (shut_in(own, count, &life_fd) < 0)
            _exit(STATUS_VMC_FAILED);
        serve(own, count, life_fd);
    }
    if (pid < 0)
        return error_errno(err, "cannot fork");
    ret->pid = pid;
    ret->pidfd = pidfd_open(pid, 0);
    return ret->pidfd < 0 ? error_errno(err, "pidfd_open") : 0;
}
