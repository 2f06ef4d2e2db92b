#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/util.h"
#include "host/network/forwarder_private.h"

const int forwarder_calls[] = {
    SCMP_SYS(accept4), SCMP_SYS(connect),  SCMP_SYS(bind),       SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),  SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(close),
};
const size_t forwarder_call_count = ARRAY_LEN(forwarder_calls);

int forwarder_allow_sockets(scmp_filter_ctx filter)
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
