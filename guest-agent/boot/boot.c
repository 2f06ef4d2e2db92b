#include "guest-agent/boot/boot.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "guest-agent/base/mounts.h"

/*
 * A mount of the initramfs over itself. The initramfs's own root cannot be pivoted (pivot_root(2),
 * ERRORS), this can; and it lies on "/", so that what enters a mount namespace later (setns(2)
 * looks "/" up from below) ends in the container's root, which takes its place there.
 */
static int make_base(struct error *err)
{
    if (mkdir("/base", 0755) < 0 || mount("/", "/base", NULL, MS_BIND, NULL) < 0 ||
        chdir("/base") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
        chdir("/") < 0)
        return error_errno(err, "cannot make a root for pivot_root(2)");
    return 0;
}

int boot_mounts(struct error *err)
{
    static const struct mount_option none[] = {{0}};
    if (make_base(err) < 0)
        return -1;
    if (mount_on_directory("proc", none, MOUNT_CONFINED, "/proc", err) < 0 ||
        mount_on_directory("sysfs", none, MOUNT_CONFINED, "/sys", err) < 0 ||
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
