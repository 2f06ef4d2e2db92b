/*
 * Carries Ethernet frames between a packet socket (packet(7)) and a stream socket on which each
 * frame follows its length, 32 bits, big endian: what QEMU's -netdev stream and passt(1) speak.
 */
#ifndef VMC_GUEST_AGENT_SESSION_FRAME_RELAY_H
#define VMC_GUEST_AGENT_SESSION_FRAME_RELAY_H

#include "common/error.h"

/*
 * Runs until the stream ends (0) or something fails (-1). A frame that the kernel does not take is
 * lost, as on any network; what does not fit into the stream waits in the packet socket, which
 * drops what it cannot hold.
 */
int frame_relay(int packets, int stream, struct error *err);

#endif
