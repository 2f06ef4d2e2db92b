/*
 * What the launcher reads in the packets of the guest's network.
 */
#include "common/util.h"
#include "host/guest_packets.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE uint8_t *ack = xcalloc(PACKET_ACK_MAX, 1);
    packet_is_link_talk(data, size);
    size_t length = packet_handshake_ack(data, size, ack);
    FUZZ_CHECK(length <= PACKET_ACK_MAX && length <= size);
    /* What it makes asks for no answer. */
    FUZZ_CHECK(packet_handshake_ack(ack, length, ack) == 0);
    return 0;
}
