/*
 * What the launcher reads in the packets of the guest's network.
 */
#include "host/network/guest_packets.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    packet_is_link_talk(data, size);
    return 0;
}
