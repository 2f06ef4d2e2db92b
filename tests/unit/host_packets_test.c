/* What vmc reads in the guest's packets; the packets are the fuzzer's corpus. */
#include "host/guest_packets.h"

#include <stdio.h>

#include "common/util.h"
#include "tests/unit/check.h"

#define PACKETS "tests/fuzz/corpus/packets_fuzz/"

struct packet {
    uint8_t bytes[256];
    size_t length;
};

static struct packet load(const char *name)
{
    struct packet p;
    AUTO_FREE char *path = xasprintf(PACKETS "%s", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    p.length = fread(p.bytes, 1, sizeof(p.bytes), file);
    fclose(file);
    assert_true(p.length > 0);
    return p;
}

static bool is_link_talk(const char *name)
{
    struct packet p = load(name);
    return packet_is_link_talk(p.bytes, p.length);
}

static void test_link_talk(void **state)
{
    (void)state;
    assert_true(is_link_talk("mld"));
    assert_true(is_link_talk("rs"));
    assert_true(is_link_talk("dad"));
    /* Whoever asks for the gateway wants to send something. */
    assert_false(is_link_talk("ns"));
    assert_false(is_link_talk("arp"));
    assert_false(is_link_talk("synack6"));
    struct packet p = load("rs");
    assert_true(packet_is_link_talk(p.bytes, 54));
    assert_false(packet_is_link_talk(p.bytes, 53));
    assert_false(packet_is_link_talk(p.bytes, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_talk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
