/*
 * The devices by which this is a vmc machine: two virtio-serial ports and a 9p mount tag, or lines.
 */
#ifndef VMC_GUEST_AGENT_BOOT_PORTS_H
#define VMC_GUEST_AGENT_BOOT_PORTS_H

#include <stdbool.h>

#include "common/error.h"

struct ports {
    int control; /* owned, blocking; -1: there is no such port */
    int data;
    int frames; /* a line for the network's frames, session/frames_process.h */
};
#define PORTS_NONE                                                                                 \
    {                                                                                              \
        .control = -1, .data = -1, .frames = -1                                                    \
    }

/*
 * Finds and opens both ports, waiting a few seconds for the driver to announce them where there
 * is a virtio console device. Without such a device, both are -1 at once. -1 when a port is there
 * and cannot be opened.
 */
int ports_open(struct ports *ret_ports, struct error *err);

/*
 * The same for a machine whose ports are lines: list names them, in the order of struct ports and
 * with commas between them. The last one may be absent. They are made raw.
 */
int ports_open_lines(const char *list, struct ports *ret_ports, struct error *err);

/* True if a 9p device carries ROOTFS_MOUNT_TAG. */
bool mount_tag_present(void);

#endif
