#include "guest-agent/boot/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-agent/base/serial.h"
#include "guest-agent/boot/boot.h"

static _Noreturn void run_shell(void)
{
    char name[] = "-sh";
    char *const argv[] = {name, NULL};
    char home[] = "HOME=/", term[] = "TERM=vt100", path[] = "PATH=/bin:/sbin:/usr/bin:/usr/sbin";
    char *const envp[] = {home, term, path, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    /* /dev/console cannot be a controlling terminal (tty_ioctl(4)); the line behind it can. */
    int tty = serial_open();
    if (tty >= 0) {
        ioctl(tty, TIOCSCTTY, 1);
        for (int fd = 0; fd <= 2; fd++)
            dup2(tty, fd);
        if (tty > 2)
            close(tty);
    }
    if (chdir("/") == 0)
        execve("/bin/busybox", argv, envp);
    dprintf(2, "vmc-agent: cannot start /bin/busybox: %s\n", strerror(errno));
    _exit(127);
}

/* busybox's poweroff, halt and reboot tell PID 1 by signal what to do (init(8) of busybox). */
static void obey(int signal)
{
    if (signal == SIGUSR1 || signal == SIGUSR2)
        reboot(signal == SIGUSR2 ? RB_POWER_OFF : RB_HALT_SYSTEM);
    boot_end_machine();
}

_Noreturn void shell_serve(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    pid_t shell = -1;
    for (;;) {
        if (shell < 0 && (shell = fork()) == 0)
            run_shell();
        int status, signal = sigwaitinfo(&set, NULL);
        if (signal > 0 && signal != SIGCHLD)
            obey(signal);
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            /* "exit" is the user's wish; a shell that was killed comes back. */
            if (pid == shell && WIFEXITED(status))
                boot_end_machine();
            if (pid == shell)
                shell = -1;
        }
    }
}
