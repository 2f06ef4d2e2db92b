/*
 * vmc's own look at a guest's packet on its way to passt. Pure, and safe for any bytes. A frame
 * here is an Ethernet frame, without its length prefix (common/packet_frames.h).
 */
#ifndef VMC_HOST_NETWORK_GUEST_PACKETS_H
#define VMC_HOST_NETWORK_GUEST_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True if only the guest's own link would act on it: packets that Linux sends by itself when an
 * interface comes up. Multicast listener reports (RFC 3810), router solicitations (RFC 4861),
 * duplicate address detection (RFC 4862).
 */
bool packet_is_link_talk(const uint8_t *frame, size_t length);

#endif
