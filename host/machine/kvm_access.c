#include "host/machine/kvm_access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

#define DEVICE "/dev/kvm"

int kvm_access(void)
{
    AUTO_CLOSE int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    return fd < 0 ? errno : 0;
}

/* The owner's group is the way in if it may read and write; else an ACL. */
static char *permission_advice(void)
{
    struct stat st;
    const struct passwd *user = getpwuid(getuid());
    const char *name = user ? user->pw_name : "USER";
    const struct group *group = NULL;
    if (stat(DEVICE, &st) == 0 && (st.st_mode & 060) == 060 && st.st_gid != 0)
        group = getgrgid(st.st_gid);
    return group ? xasprintf("as root: usermod -aG %s %s; then log in again", group->gr_name, name)
                 : xasprintf("as root: setfacl -m u:%s:rw " DEVICE, name);
}

char *kvm_advice(int cause)
{
    /* The driver is loaded but has no node: the /dev of a container. */
    bool driver = access("/sys/class/misc/kvm", F_OK) == 0;
    switch (cause) {
    case EACCES:
        return permission_advice();
    case EPERM:
        return xstrdup("this container does not allow it: start it with "
                       "--device " DEVICE);
    case ENOENT:
        return xstrdup(driver
                           ? "this container does not have it: start it with --device " DEVICE
                           : "load kvm_intel or kvm_amd; if that fails, enable virtualization in "
                             "the firmware, or nested virtualization where this host is a guest");
    case ENODEV:
    case ENXIO:
        return xstrdup("load kvm_intel or kvm_amd");
    default:
        return xstrdup("see dmesg for why KVM does not start");
    }
}
