/*
 * The process between passt and a machine that does not write the network's frames whole, and that
 * writes and reads by turns: the kernel of User Mode Linux passes 4 KiB at a time to its line and
 * does nothing else meanwhile. passt, too, writes the rest of a frame for as long as it takes. So
 * each would wait for the other to read.
 */
#ifndef VMC_HOST_NETWORK_FRAME_CARRIER_H
#define VMC_HOST_NETWORK_FRAME_CARRIER_H

#include "host/network/network.h"

/*
 * What waits for the machine at most, in bytes; further frames are lost, whole, as on any network.
 * More than a connection of the guest's takes unread, tcp_rmem (tcp(7)).
 */
#define CARRIER_WAITING_MAX (8u << 20)

/*
 * Starts the process as network->carrier; network->link.fd, which was passt's other end, is the
 * machine's from here on. The process ends when either end is closed, and at a frame that cannot
 * be.
 */
int frame_carrier_start(struct network *network, struct error *err);

/*
 * Its loop, over descriptors that do not block: 0 at the end of either stream, or -1 at a frame
 * that cannot be. What net sends is always read; the machine waits for net. For its tests, too.
 */
int frame_carrier_run(int machine, int net, struct error *err);

#endif
