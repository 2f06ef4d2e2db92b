/*
 * The process between passt and a machine that does not write network frames whole and does not
 * read while it writes: the kernel of User Mode Linux writes 4 KiB at a time to its line and
 * blocks. passt, too, blocks until it has written the rest of a frame. So each would wait for the
 * other to read.
 */
#ifndef VMC_HOST_NETWORK_FRAME_CARRIER_H
#define VMC_HOST_NETWORK_FRAME_CARRIER_H

#include "host/network/network.h"

/*
 * The most bytes that wait for the machine; further frames are lost, whole, as on any network. More
 * than the receive buffer of one of the guest's connections, tcp_rmem (tcp(7)).
 */
#define CARRIER_WAITING_MAX (8u << 20)

/*
 * Starts the process as network->carrier; network->link.fd, which was passt's other end, is from
 * here on the process's end for the machine. The process ends when either end is closed, and at an
 * invalid frame.
 */
int frame_carrier_start(struct network *network, struct error *err);

/*
 * Its loop, over nonblocking descriptors: 0 at the end of either stream, -1 at an invalid frame. It
 * always reads from net; the machine waits for net. Also for its tests.
 */
int frame_carrier_run(int machine, int net, struct error *err);

#endif
