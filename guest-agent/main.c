/*
 * vmc-agent: PID 1 of a vmc guest, or, with --fds, a server of one session over two descriptors
 * that its caller has opened.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/boot.h"
#include "guest-agent/machine.h"
#include "guest-agent/modules.h"
#include "guest-agent/ports.h"
#include "guest-agent/session.h"
#include "guest-agent/shell.h"

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

static _Noreturn void run_machine(uint64_t began_ns)
{
    struct error err = ERROR_INIT;
    struct ports ports = {-1, -1};
    umask(0);
    if (boot_mounts(&err) < 0 || modules_load(&err) < 0 || ports_open(&ports, &err) < 0) {
        boot_say(err.text);
        boot_end_machine();
    }
    if (ports.control < 0 || ports.data < 0)
        maintain(&ports, mount_tag_present());
    session_serve(&(struct session_setup){
        .control = ports.control, .data = ports.data, .began_ns = began_ns, .own_machine = true});
    boot_end_machine();
}

/* A descriptor number, or -1. */
static int parse_descriptor(const char *text, char end, const char **ret_rest)
{
    char *rest;
    long number = strtol(text, &rest, 10);
    if (rest == text || *rest != end || number < 0 || number > INT_MAX)
        return -1;
    *ret_rest = rest + 1;
    return (int)number;
}

static int run_over_descriptors(int argc, char *const *argv, uint64_t began_ns)
{
    const char *rest = NULL;
    struct session_setup setup = {.control = -1, .data = -1, .began_ns = began_ns};
    if (argc == 3 && strcmp(argv[1], "--fds") == 0) {
        setup.control = parse_descriptor(argv[2], ',', &rest);
        if (setup.control >= 0)
            setup.data = parse_descriptor(rest, '\0', &rest);
    }
    if (setup.control < 0 || setup.data < 0) {
        fprintf(stderr, "usage: vmc-agent --fds CONTROL,DATA\n"
                        "(otherwise it is PID 1 of a vmc guest)\n");
        return STATUS_VMC_FAILED;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return session_serve(&setup) < 0 ? STATUS_VMC_FAILED : 0;
}

int main(int argc, char **argv)
{
    uint64_t began_ns = boottime_ns();
    /* Nothing may end PID 1, and SIGCHLD is read from a descriptor. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (getpid() == 1)
        run_machine(began_ns);
    return run_over_descriptors(argc, argv, began_ns);
}
