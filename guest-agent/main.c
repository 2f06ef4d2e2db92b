/*
 * vmc-agent: PID 1 of a vmc guest, with --lines of one whose ports are lines; or, with --fds, a
 * server of one session over descriptors that its caller has opened: as a plain process, or, where
 * the configuration says so, in namespaces that its caller has made for a container on the host's
 * own kernel (hosted.h). As process 1 of a container, which it has made itself, it is that one's
 * init (init.h).
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/util.h"
#include "guest-agent/boot/boot.h"
#include "guest-agent/boot/machine.h"
#include "guest-agent/boot/modules.h"
#include "guest-agent/boot/ports.h"
#include "guest-agent/boot/shell.h"
#include "guest-agent/process/init.h"
#include "guest-agent/session/session.h"

/* The shell when this machine was not made by vmc; with a half-made one, what is missing. */
static _Noreturn void maintain(const struct ports *ports, bool tag)
{
    if (tag || ports->control >= 0 || ports->data >= 0) {
        if (ports->control < 0)
            boot_say("there is no virtio-serial port " PORT_CONTROL_NAME);
        if (ports->data < 0)
            boot_say("there is no virtio-serial port " PORT_DATA_NAME);
        if (!tag)
            boot_say("there is no 9p device with the mount tag " ROOTFS_MOUNT_TAG);
    }
    boot_say(MAINTENANCE_ANNOUNCEMENT);
    shell_serve();
}

/* lines: those that the kernel's command line names, ports.h; NULL: the ports are devices. */
static _Noreturn void run_machine(const char *lines, uint64_t began_ns)
{
    struct error err = ERROR_INIT;
    struct ports ports = PORTS_NONE;
    umask(0);
    if (boot_mounts(&err) < 0 || modules_load(&err) < 0 ||
        (lines ? ports_open_lines(lines, &ports, &err) : ports_open(&ports, &err)) < 0) {
        boot_say(err.text);
        boot_end_machine();
    }
    if (ports.control < 0 || ports.data < 0)
        maintain(&ports, mount_tag_present());
    session_serve(&(struct session_setup){.control = ports.control,
                                          .data = ports.data,
                                          .frames = ports.frames,
                                          .began_ns = began_ns,
                                          .own_machine = true});
    boot_end_machine();
}

/* The last two words: a kernel also passes on what it does not know itself, in front of them. */
static const char *lines_named(int argc, char *const *argv)
{
    return argc >= 3 && strcmp(argv[argc - 2], AGENT_LINES_FLAG) == 0 ? argv[argc - 1] : NULL;
}

static bool has_descriptors(int argc, char *const *argv)
{
    return argc == 3 && strcmp(argv[1], AGENT_FDS_FLAG) == 0;
}

/* Numbers, of descriptors mostly, between commas; false if text is anything else, or has too many.
 */
static bool parse_descriptors(const char *text, int *const *ret, size_t most)
{
    for (size_t i = 0; i < most; i++) {
        char *rest;
        long number = strtol(text, &rest, 10);
        if (rest == text || number < 0 || number > INT_MAX)
            return false;
        *ret[i] = (int)number;
        if (*rest == '\0')
            return true;
        if (*rest != ',')
            return false;
        text = rest + 1;
    }
    return false;
}

/* What our caller ignores the workload would ignore, too: execve(2). */
static void heed_all_signals(void)
{
    /* The system call itself: sigaction(3) refuses the two signals that glibc keeps for itself. All
     * zero is SIG_DFL without flags. */
    static const unsigned char standard[64];
    for (int number = 1; number < NSIG; number++)
        if (number != SIGPIPE)
            syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
}

static int run_over_descriptors(int argc, char *const *argv, uint64_t began_ns)
{
    struct session_setup setup = {.control = -1, .data = -1, .frames = -1, .began_ns = began_ns};
    int *const places[] = {&setup.control, &setup.data, &setup.frames};
    bool good =
        has_descriptors(argc, argv) && parse_descriptors(argv[2], places, ARRAY_LEN(places));
    if (!good || setup.data < 0) {
        fprintf(stderr, "usage: vmc-agent " AGENT_FDS_FLAG " CONTROL,DATA[,FRAMES]\n"
                        "(otherwise it is PID 1 of a vmc guest)\n");
        return STATUS_VMC_FAILED;
    }
    heed_all_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return session_serve(&setup) < 0 ? STATUS_VMC_FAILED : 0;
}

/* What init.c has executed. */
static _Noreturn void run_init(const char *numbers)
{
    struct init init = {.workload = -1};
    int *const places[] = {&init.link, &init.gate, &init.report, &init.workload};
    if (!parse_descriptors(numbers, places, ARRAY_LEN(places)) || init.workload < 0)
        _exit(STATUS_VMC_FAILED);
    init_serve(&init);
}

int main(int argc, char **argv)
{
    uint64_t began_ns = boottime_ns();
    /* Nothing may end PID 1, and SIGCHLD is read from a descriptor. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (getpid() == 1 && argc == 2 && strcmp(argv[0], INIT_NAME) == 0)
        run_init(argv[1]);
    if (getpid() == 1 && !has_descriptors(argc, argv))
        run_machine(lines_named(argc, argv), began_ns);
    return run_over_descriptors(argc, argv, began_ns);
}
