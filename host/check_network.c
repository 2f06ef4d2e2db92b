#include <stdio.h>
#include <unistd.h>

#include "common/util.h"
#include "host/checks.h"
#include "host/child.h"
#include "host/passt_program.h"

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

/* passt's group when root starts it: nobody's. */
#define NOBODY 65534u

/* icmp(7): who may open the sockets that passt sends a ping from. */
static void check_ping(struct checks *checks)
{
    unsigned low = 1, high = 0, group = geteuid() == 0 ? NOBODY : getegid();
    FILE *file = fopen("/proc/sys/net/ipv4/ping_group_range", "re");

    if (file && fscanf(file, "%u %u", &low, &high) != 2)
        low = 1, high = 0;
    if (file)
        fclose(file);
    if (group >= low && group <= high)
        checks_add(checks, "ping", CHECK_OK, xstrdup("the guest's ping reaches outside"), NULL);
    else
        checks_add(checks, "ping", CHECK_WARN,
                   xasprintf("the guest's ping gets no answer with --net user: group %u is not in "
                             "net.ipv4.ping_group_range (%u %u)",
                             group, low, high),
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
