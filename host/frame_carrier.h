/*
 * The process between passt (of Debian 12) and a machine, for what passt cannot do:
 *
 * Frames that come in pieces: the lines of User Mode Linux take 4 KiB at a time, and passt wants
 * frames whole (common/packet_frames.h).
 *
 * Published TCP ports of servers that speak before their clients do (SSH, SMTP): when the guest has
 * accepted a connection, passt acknowledges that only along with the client's first data, and the
 * guest's accept(2) waits for it. So the acknowledgment comes from here.
 */
#ifndef VMC_HOST_FRAME_CARRIER_H
#define VMC_HOST_FRAME_CARRIER_H

#include "host/network.h"

/*
 * Starts the process as network->carrier; network->link.fd, which was passt's other end, is the
 * machine's from here on. The process ends when either end is closed, and at a frame that cannot
 * be.
 */
int frame_carrier_start(struct network *network, struct error *err);

/*
 * Its loop, over descriptors that do not block: 0 at the end of either stream, or -1 at a frame
 * that cannot be. For its tests, too.
 */
int frame_carrier_run(int machine, int net, struct error *err);

#endif
