#include "guest-agent/boot.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/mounts.h"

#define NO_PROGRAMS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

int boot_mounts(struct error *err)
{
    static const struct mount_option none[] = {{0}};
    if (mount_on_directory("proc", none, NO_PROGRAMS, "/proc", err) < 0 ||
        mount_on_directory("sysfs", none, NO_PROGRAMS, "/sys", err) < 0 ||
        mount_on_directory("devtmpfs", none, MOUNT_ATTR_NOSUID, "/dev", err) < 0)
        return -1;
    /* An initramfs without /dev/console gives init no open descriptors at all. */
    int fd = open("/dev/console", O_RDWR | O_NOCTTY);
    if (fd < 0)
        fd = open("/dev/null", O_RDWR);
    for (int number = 0; fd >= 0 && number <= 2; number++)
        if (fd != number)
            dup2(fd, number);
    if (fd > 2)
        close(fd);
    return 0;
}

void boot_say(const char *text)
{
    dprintf(2, "vmc-agent: %s\n", text);
}

_Noreturn void boot_end_machine(void)
{
    sync();
    reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}
