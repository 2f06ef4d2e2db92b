#include "host/run/timing.h"

#include "common/util.h"
#include "host/base/notice.h"

static void print_phase(const char *name, int64_t ns, const char *what)
{
    notice("timing: %-10s %9.2f ms  %s", name, (double)ns / NS_PER_MS, what);
}

void timing_print(const struct timing *t)
{
    if (!t->exited)
        return;
    const struct hello *hello = &t->guest_hello;
    const struct started *started = &t->guest_started;
    /* The guest's clock has the agent's beginning, and vmc's has HELLO. */
    int64_t until_hello = (int64_t)hello->agent_ns;
    print_phase("prepare", t->jail - t->begin, "vmc: command line, private directory, mounts");
    print_phase("exec", t->exec - t->jail, "the hypervisor's jail, until it is executed");
    if (t->copy) {
        print_phase("copy", t->hello - t->exec, "exec of the hypervisor until the copy's HELLO");
    } else {
        print_phase("hypervisor", t->hello - t->exec - until_hello,
                    "until the guest's clock starts, with firmware and the transfer of HELLO");
        print_phase("kernel", (int64_t)hello->kernel_ns, "guest kernel until its first process");
        print_phase("agent", (int64_t)(hello->agent_ns - hello->kernel_ns),
                    "guest agent until HELLO");
    }
    print_phase("config", (int64_t)(started->config_ns - hello->agent_ns),
                "configuration: transfer, network, disks");
    print_phase("9p", (int64_t)(started->share_ns - started->config_ns),
                "mount of the host's tree");
    print_phase("rootfs", (int64_t)(started->rootfs_ns - started->share_ns),
                "overlay, volumes: the root file system is complete");
    print_phase("start", (int64_t)(started->start_ns - started->rootfs_ns),
                "container made, workload executed");
    print_phase("workload", t->exited - t->started, "from STARTED to EXIT");
    print_phase("output", t->finished - t->exited, "from EXIT until all output was written");
    print_phase("exit", t->end - t->finished, "vmc: machine killed, all removed");
    print_phase("total", t->end - t->begin, "");
    print_phase("vmc", t->exec - t->begin + t->end - t->finished,
                "prepare, exec and exit: vmc's own");
}
