#include "host/timing.h"

#include <stdio.h>

#include "common/util.h"

static void print_phase(const char *name, int64_t ns, const char *what)
{
    fprintf(stderr, "vmc: timing: %-10s %9.2f ms  %s\n", name, (double)ns / NS_PER_MS, what);
}

void timing_print(const struct timing *t)
{
    if (!t->exited)
        return;
    int64_t kernel = (int64_t)t->guest_hello.kernel_ns;
    int64_t agent = (int64_t)(t->guest_hello.agent_ns - t->guest_hello.kernel_ns);
    int64_t rootfs = (int64_t)(t->guest_started.rootfs_ns - t->guest_hello.agent_ns);
    int64_t start = (int64_t)(t->guest_started.start_ns - t->guest_started.rootfs_ns);
    print_phase("prepare", t->jail - t->begin, "vmc: command line, private directory, mounts");
    print_phase("jail", t->exec - t->jail, "vmc: the hypervisor's jail, until it is executed");
    if (t->copy) {
        print_phase("copy", t->hello - t->exec, "exec of the hypervisor until the copy's HELLO");
    } else {
        print_phase("hypervisor", t->hello - t->exec - kernel - agent,
                    "exec of the hypervisor until the guest's clock starts, and HELLO's way");
        print_phase("kernel", kernel, "guest kernel until its first process");
        print_phase("agent", agent, "guest agent until HELLO");
    }
    print_phase("rootfs", rootfs, "configuration, root file system in the guest");
    print_phase("start", start, "the workload's start");
    print_phase("workload", t->exited - t->started, "STARTED until EXIT");
    print_phase("output", t->finished - t->exited, "EXIT until all output was written");
    print_phase("stop", t->end - t->finished, "vmc: machine killed, all removed");
    print_phase("total", t->end - t->begin, "");
    print_phase("vmc", t->exec - t->begin + t->end - t->finished,
                "prepare, jail and stop: vmc's own");
}
