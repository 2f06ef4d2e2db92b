#include <unistd.h>

#include "common/util.h"
#include "host/checks.h"
#include "host/child.h"

static void check_user_network(struct checks *checks)
{
    AUTO_FREE char *passt = program_find("passt");

    if (passt)
        checks_add(checks, "network", CHECK_OK, xasprintf("%s, apart from the hypervisor", passt),
                   NULL);
    else
        checks_add(checks, "network", CHECK_WARN,
                   xstrdup("passt is not installed: QEMU makes the guest's connections itself, in "
                           "the host's network"),
                   xstrdup("apt install passt"));
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
    if (geteuid() == 0)
        check_bridge(checks);
}
