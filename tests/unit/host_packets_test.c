/* What vmc reads in the guest's packets; the packets are the fuzzer's corpus. */
#include "host/guest_packets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/frame_carrier.h"
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

static void check_ack(const char *accepted, const char *expected)
{
    struct packet in = load(accepted), out = load(expected);
    uint8_t ack[PACKET_ACK_MAX];
    assert_int_equal(packet_handshake_ack(in.bytes, in.length, ack), out.length);
    assert_memory_equal(ack, out.bytes, out.length);
    /* Its own is none that asks for one. */
    assert_int_equal(packet_handshake_ack(out.bytes, out.length, ack), 0);
}

static void test_handshake(void **state)
{
    (void)state;
    check_ack("synack4", "ack4");
    check_ack("synack6", "ack6");
}

/* The same packet with one byte changed has no answer. */
static void check_none(const char *name, size_t at, uint8_t value)
{
    struct packet p = load(name);
    uint8_t ack[PACKET_ACK_MAX];
    p.bytes[at] = value;
    assert_int_equal(packet_handshake_ack(p.bytes, p.length, ack), 0);
}

static void test_no_handshake(void **state)
{
    (void)state;
    uint8_t ack[PACKET_ACK_MAX];
    struct packet p = load("synack4");
    for (size_t i = 0; i < 14 + 20 + 20; i++)
        assert_int_equal(packet_handshake_ack(p.bytes, i, ack), 0);
    check_none("synack4", 12, 0x86);         /* type */
    check_none("synack4", 14, 0x46);         /* options */
    check_none("synack4", 20, 0x20);         /* a fragment */
    check_none("synack4", 21, 1);            /* another */
    check_none("synack4", 23, 17);           /* UDP */
    check_none("synack4", 14 + 20 + 13, 2);  /* SYN */
    check_none("synack4", 14 + 20 + 13, 16); /* ACK */
    check_none("synack4", 14 + 20 + 13, 22); /* RST, too */
    check_none("synack6", 14, 0x50);         /* version */
    check_none("synack6", 14 + 6, 0);        /* a header between */
    check_none("synack6", 14 + 40 + 13, 19); /* FIN, too */
    p = load("synack6");
    for (size_t i = 0; i < 14 + 40 + 20; i++)
        assert_int_equal(packet_handshake_ack(p.bytes, i, ack), 0);
}

/* ---- frames that come in pieces ---- */

struct carried {
    int machine, net; /* the ends of those on both sides */
    pid_t pid;
};

/* A carrier that keeps something back ends the test, instead of holding it up. */
static void start_carrier(struct carried *c)
{
    int machine[2], net[2];
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, machine), errno);
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, net), errno);
    assert_return_code(set_nonblocking(machine[1], true), errno);
    assert_return_code(set_nonblocking(net[1], true), errno);
    alarm(30);
    *c = (struct carried){machine[0], net[0], fork()};
    if (c->pid == 0) {
        struct error err = ERROR_INIT;
        close(machine[0]);
        close(net[0]);
        _exit(frame_carrier_run(machine[1], net[1], &err) < 0 ? 3 : 0);
    }
    close(machine[1]);
    close(net[1]);
}

static void check_end(struct carried *c, int expected)
{
    int status;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    assert_int_equal(WEXITSTATUS(status), expected);
    alarm(0);
    close(c->machine);
    close(c->net);
}

static void check_whole(int from, int to)
{
    unsigned char frame[4 + 1514] = {0, 0, 1514 >> 8, 1514 & 0xff}, got[2 * sizeof(frame)];
    for (size_t i = 0; i < sizeof(frame); i++)
        assert_int_equal(send(from, frame + i, 1, 0), 1);
    /* All of it at once, when the first byte is there. */
    assert_int_equal(recv(to, got, sizeof(got), 0), sizeof(frame));
}

static void test_carrier(void **state)
{
    (void)state;
    struct carried c;
    unsigned char got[16];
    start_carrier(&c);
    for (size_t round = 0; round < 3; round++) {
        check_whole(c.machine, c.net);
        check_whole(c.net, c.machine);
    }
    /* A frame that cannot be ends it. */
    assert_int_equal(send(c.machine, "\377\0\0\0", 4, 0), 4);
    assert_int_equal(recv(c.net, got, sizeof(got), 0), 0);
    check_end(&c, 3);
    start_carrier(&c);
    assert_int_equal(send(c.net, "\377\0\0\0", 4, 0), 4);
    assert_int_equal(recv(c.machine, got, sizeof(got), 0), 0);
    check_end(&c, 3);
}

/* Behind its length, as on a stream. */
static struct packet load_framed(const char *name)
{
    struct packet p = load(name);
    memmove(p.bytes + 4, p.bytes, p.length);
    memcpy(p.bytes, (const uint8_t[]){0, 0, 0, (uint8_t)p.length}, 4);
    p.length += 4;
    return p;
}

/* Accepted connections are acknowledged, and not in the middle of a frame that is on its way. */
static void test_carrier_answers(void **state)
{
    (void)state;
    struct carried c;
    struct packet accepted = load_framed("synack4"), ack = load_framed("ack4");
    unsigned char got[512];
    start_carrier(&c);
    assert_int_equal(send(c.net, "\0\0\0\3ab", 6, 0), 6);
    for (size_t round = 0; round < 3; round++) {
        assert_int_equal(send(c.machine, accepted.bytes, accepted.length, 0), accepted.length);
        assert_int_equal(recv(c.net, got, sizeof(got), 0), accepted.length);
        assert_memory_equal(got, accepted.bytes, accepted.length);
        assert_int_equal(recv(c.machine, got, ack.length, MSG_WAITALL), ack.length);
        assert_memory_equal(got, ack.bytes, ack.length);
    }
    assert_int_equal(send(c.net, "c", 1, 0), 1);
    assert_int_equal(recv(c.machine, got, sizeof(got), 0), 7);
    assert_memory_equal(got, "\0\0\0\3abc", 7);
    close(c.net);
    assert_int_equal(recv(c.machine, got, sizeof(got), 0), 0);
    c.net = -1;
    check_end(&c, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_talk),       cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_no_handshake),    cmocka_unit_test(test_carrier),
        cmocka_unit_test(test_carrier_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
