#include "guest-agent/boot/ports.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/contract.h"
#include "common/io.h"
#include "common/util.h"
#include "guest-agent/base/serial.h"

#define PORTS_DEADLINE_S 10

/*
 * Finds the first file that matches pattern and holds text, perhaps followed by a newline or a
 * NUL: sysfs attributes come in all three forms. The path is owned by the caller, NULL: none.
 */
static char *find_attribute(const char *pattern, const char *text)
{
    glob_t found;
    char *result = NULL;
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        return NULL;
    for (size_t i = 0; i < found.gl_pathc && !result; i++) {
        AUTO_FREE char *value = NULL;
        /* An attribute that went away in between is as good as one that was never there. */
        if (read_file_at(AT_FDCWD, found.gl_pathv[i], 4096, &value, NULL, NULL) < 0)
            continue;
        value[strcspn(value, "\n")] = '\0';
        if (strcmp(value, text) == 0)
            result = xstrdup(found.gl_pathv[i]);
    }
    globfree(&found);
    return result;
}

bool mount_tag_present(void)
{
    AUTO_FREE char *path =
        find_attribute("/sys/bus/virtio/drivers/9pnet_virtio/*/mount_tag", ROOTFS_MOUNT_TAG);
    return path != NULL;
}

static bool console_device_present(void)
{
    glob_t found;
    bool present =
        glob("/sys/bus/virtio/drivers/virtio_console/virtio*", GLOB_NOSORT, NULL, &found) == 0;
    if (present)
        globfree(&found);
    return present;
}

/* Opens the port of that name; *fd stays as it is when there is none (yet). */
static int open_port(const char *name, int *fd, struct error *err)
{
    if (*fd >= 0)
        return 0;
    AUTO_FREE char *attribute = find_attribute("/sys/class/virtio-ports/*/name", name);
    if (!attribute)
        return 0;
    /* .../vport0p1/name: the directory is named as the device node is. */
    *strrchr(attribute, '/') = '\0';
    AUTO_FREE char *device = xasprintf("/dev/%s", strrchr(attribute, '/') + 1);
    *fd = open(device, O_RDWR | O_CLOEXEC);
    return *fd < 0 ? error_errno(err, "cannot open %s (%s)", device, name) : 0;
}

static int open_both(struct ports *ports, struct error *err)
{
    if (open_port(PORT_CONTROL_NAME, &ports->control, err) < 0)
        return -1;
    return open_port(PORT_DATA_NAME, &ports->data, err);
}

/* The kernel's own announcements of devices: netlink(7), NETLINK_KOBJECT_UEVENT. */
static int listen_for_devices(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    AUTO_CLOSE int fd =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    return take_fd(&fd);
}

int ports_open(struct ports *ret_ports, struct error *err)
{
    struct ports ports = PORTS_NONE;
    /* Listening starts before looking, so that no announcement falls between the two. */
    AUTO_CLOSE int events = listen_for_devices();
    int64_t deadline = now_ns() + PORTS_DEADLINE_S * NS_PER_S;
    for (;;) {
        if (open_both(&ports, err) < 0)
            return -1;
        if ((ports.control >= 0 && ports.data >= 0) || !console_device_present() ||
            now_ns() >= deadline)
            break;
        struct pollfd p = {.fd = events, .events = POLLIN};
        /* A kernel without netlink is looked at ten times a second. */
        if (poll(&p, 1, events >= 0 ? poll_timeout(deadline) : 100) > 0) {
            char announcement[4096];
            while (recv(events, announcement, sizeof(announcement), 0) > 0)
                ;
        }
    }
    *ret_ports = ports;
    return 0;
}

int ports_open_lines(const char *list, struct ports *ret_ports, struct error *err)
{
    struct ports ports = PORTS_NONE;
    int *const places[] = {&ports.control, &ports.data, &ports.frames};
    AUTO_FREE char *copy = xstrdup(list);
    char *rest = copy, *path;
    for (size_t i = 0; (path = strsep(&rest, ",")); i++) {
        if (i == ARRAY_LEN(places))
            return error_set(err, "'%s' names too many lines", list);
        *places[i] = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        /* As a virtio port is, a line is for one: nobody with --usedev speaks in the agent's place.
         */
        if (*places[i] < 0 || serial_make_raw(*places[i]) < 0 || ioctl(*places[i], TIOCEXCL) < 0)
            return error_errno(err, "cannot use the line %s", path);
    }
    if (ports.data < 0)
        return error_set(err, "'%s' names too few lines", list);
    *ret_ports = ports;
    return 0;
}
