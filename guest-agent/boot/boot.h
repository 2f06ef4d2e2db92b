/*
 * The first moments of PID 1: the agent is /init of an initramfs that holds nothing but itself
 * and busybox. The kernel panics when PID 1 ends, so nothing here returns to a normal exit.
 */
#ifndef VMC_GUEST_AGENT_BOOT_BOOT_H
#define VMC_GUEST_AGENT_BOOT_BOOT_H

#include "common/error.h"

/* /proc, /sys, /dev, and descriptors 0 to 2 on the console (or /dev/null). */
int boot_mounts(struct error *err);

/* Writes one line to the console, whatever state the machine is in. */
void boot_say(const char *text);

/* Ends the machine: QEMU runs with -no-reboot, so a restart is its end. reboot(2). */
_Noreturn void boot_end_machine(void);

#endif
