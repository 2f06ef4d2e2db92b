#include "host/network/tap_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/util.h"

#define TUN_DEVICE "/dev/net/tun"

static int explain(const char *name, struct error *err)
{
    if (errno == EBUSY)
        return error_set(err, "interface %s is in use by another program", name);
    if (errno == EPERM)
        return error_set(err,
                         "you may not use interface %s: ip tuntap add dev %s mode tap user "
                         "NAME makes one that is",
                         name, name);
    if (errno == EINVAL)
        return error_set(err, "interface %s is not a tap interface with a single queue", name);
    return error_errno(err, "interface %s", name);
}

int tap_open(char name[INTERFACE_NAME_SIZE], int *ret_fd, struct error *err)
{
    /* The header in front of each frame lets the guest leave checksums and segments to the host. */
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    AUTO_CLOSE int fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_errno(err, "tap interfaces need " TUN_DEVICE " (modprobe tun)");
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    if (ioctl(fd, TUNSETIFF, &request) < 0)
        return explain(name, err);
    snprintf(name, INTERFACE_NAME_SIZE, "%s", request.ifr_name);
    *ret_fd = take_fd(&fd);
    return 0;
}
