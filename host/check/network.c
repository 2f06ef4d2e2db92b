/* Check: what the network modes need. */
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/child.h"
#include "host/base/probe.h"
#include "host/check/checks.h"
#include "host/network/passt_program.h"

static void check_user_network(struct checks *checks)
{
    struct error why = ERROR_INIT;
    AUTO_FREE char *passt = passt_find(&why);

    if (passt)
        checks_add(checks, "network", CHECK_OK, xasprintf("%s, apart from the hypervisor", passt),
                   NULL);
    else
        checks_add(
            checks, "network", CHECK_WARN,
            xasprintf("%s (QEMU makes the guest's connections itself, in the host's network; "
                      "--uml and --host have no --net user)",
                      why.text),
            xstrdup("breeder/breeder passt"));
}

/* The user and group that passt becomes when root starts it: nobody. */
#define NOBODY 65534u
#define PING_TIMEOUT_NS (2 * NS_PER_S)

/*
 * icmp(7): which groups may open the sockets that passt uses for ping. Tried, not read: in a user
 * namespace the parameter shows groups that do not exist there.
 */
static int open_ping(void *arg)
{
    (void)arg;
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0))
        return 1;
    return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) < 0;
}

static void check_ping(struct checks *checks)
{
    AUTO_FREE char *output = NULL;
    int status = 1;
    if (probe_child(open_ping, NULL, PING_TIMEOUT_NS, &output, &status, NULL) == 0 && status == 0)
        checks_add(checks, "ping", CHECK_OK, xstrdup("the guest's ping reaches outside"), NULL);
    else
        checks_add(checks, "ping", CHECK_WARN,
                   xasprintf("the guest's ping gets no answer with --net user: group %u is not in "
                             "net.ipv4.ping_group_range",
                             geteuid() == 0 ? NOBODY : getegid()),
                   xstrdup("sysctl -w net.ipv4.ping_group_range='0 2147483647'"));
}

static void check_bridge(struct checks *checks)
{
    AUTO_FREE char *ip = program_find("ip");
    AUTO_FREE char *nft = program_find("nft");
    bool tun = access("/dev/net/tun", R_OK | W_OK) == 0;

    if (ip && nft && tun)
        checks_add(checks, "bridge", CHECK_OK, xstrdup("--net bridge can be used"), NULL);
    else
        checks_add(checks, "bridge", CHECK_WARN,
                   xasprintf("--net bridge cannot be used: no %s", !ip    ? "ip(8)"
                                                                   : !nft ? "nft(8)"
                                                                          : "/dev/net/tun"),
                   xstrdup(ip && nft ? "modprobe tun" : "apt install iproute2 nftables"));
}

void check_network(struct checks *checks)
{
    check_user_network(checks);
    check_ping(checks);
    if (geteuid() == 0)
        check_bridge(checks);
}
