/*
 * The maintenance shell: what a guest image does when it is booted by hand, without vmc.
 */
#ifndef VMC_GUEST_AGENT_BOOT_SHELL_H
#define VMC_GUEST_AGENT_BOOT_SHELL_H

/* Runs busybox's shell on the console until it exits, which ends the machine. */
_Noreturn void shell_serve(void);

#endif
