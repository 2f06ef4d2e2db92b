#include "guest-agent/session/frames_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "guest-agent/container/capabilities.h"
#include "guest-agent/container/network_pair.h"
#include "guest-agent/session/frame_relay.h"

/* The end that stays with the agent when the container gets the other one. */
#define NEAR_END "vmc"

/* Nobody speaks at the near end but the relay: no addresses, so nothing to announce. */
static int silence(const char *interface, struct error *err)
{
    AUTO_FREE char *path = xasprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
    return access(path, F_OK) < 0 ? 0 : write_file(path, "1", err);
}

/* A process of its own, so that frames do not wait for anything else; it ends with the agent. */
static _Noreturn void run_relay(int packets, int frames)
{
    static const struct capability_sets none;
    struct error err = ERROR_INIT;
    prctl(PR_SET_NAME, "vmc-frames");
    /* Above both numbers first: neither may be overwritten before it is moved. */
    int high_packets = fcntl(packets, F_DUPFD_CLOEXEC, 8);
    int high_frames = fcntl(frames, F_DUPFD_CLOEXEC, 8);
    if (high_packets < 0 || high_frames < 0 || dup2(high_packets, 0) < 0 ||
        dup2(high_frames, 1) < 0 || close_range(3, ~0u, 0) < 0)
        _exit(STATUS_VMC_FAILED);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || capabilities_bound(0, &err) < 0 ||
        capabilities_set(&none, &err) < 0 || frame_relay(0, 1, &err) < 0)
        dprintf(STDERR_FILENO, "vmc-agent: %s\n", err.text);
    _exit(STATUS_VMC_FAILED);
}

int frames_start(const struct network_config *network, int stream, struct error *err)
{
    AUTO_CLOSE int frames = stream;
    if (!network->interface)
        return 0;
    if (frames < 0)
        return error_set(err, "there is no channel for the frames of %s", network->interface);
    if (network_make_pair(network->interface, NEAR_END, network->mtu, err) < 0 ||
        silence(NEAR_END, err) < 0)
        return -1;
    AUTO_CLOSE int packets = network_open_packets(NEAR_END, err);
    if (packets < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        run_relay(packets, frames);
    return pid < 0 ? error_errno(err, "cannot start a process") : 0;
}
