/*
 * Names that the host gives and the agent looks for, apart from the frames (protocol.h) and the
 * configuration (container_config.h).
 */
#ifndef VMC_COMMON_CONTRACT_H
#define VMC_COMMON_CONTRACT_H

/* Names of the virtio-serial ports, under /sys/class/virtio-ports/NAME/name in the guest. */
#define PORT_CONTROL_NAME "vmc.control"
#define PORT_DATA_NAME "vmc.data"

/* Mount tag of the root file system. */
#define ROOTFS_MOUNT_TAG "vmc-rootfs"

/* Serial numbers of virtio disks: the order in which the kernel names them says nothing. */
#define ROOTFS_DISK_SERIAL "vmc-rootfs"
#define UPPER_DISK_SERIAL "vmc-upper"
#define SWAP_DISK_SERIAL "vmc-swap"

/*
 * Where host directories are that come without a device: by hostfs, or in a hosted container. The
 * root file system is at SHARE_PATH where an overlay goes on top of it, otherwise at ROOT_PATH;
 * volumes are in VOLUMES_PATH/TAG.
 */
#define SHARE_PATH "/share"
#define ROOT_PATH "/root"
#define VOLUMES_PATH "/volumes"

/*
 * The agent's last two arguments where its ports are not virtio devices: a flag, and a list with
 * commas of descriptors that it has, or of serial lines that it opens: control, data and, with a
 * network, frames.
 */
#define AGENT_FDS_FLAG "--fds"
#define AGENT_LINES_FLAG "--lines"
#define AGENT_LINE "/dev/ttyS" /* and a number, under User Mode Linux */

/* The kernel's names of a machine's console lines, by driver, below /dev. */
#define LINE_8250 "ttyS0"
#define LINE_PL011 "ttyAMA0"
#define LINE_VIRTIO "hvc0"

/* What the agent says on the console before it serves a shell there. */
#define MAINTENANCE_ANNOUNCEMENT "no workload: maintenance shell on the console"

#endif
