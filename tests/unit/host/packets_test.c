/* What vmc reads in the guest's packets; the packets are the fuzzer's corpus. */
#include "host/network/guest_packets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/network/frame_carrier.h"
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

/* ---- the carrier ---- */

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

/* A frame of 60000 bytes that has its number everywhere. */
#define NUMBERED 60000u
#define NUMBERS ((unsigned)(2 * CARRIER_WAITING_MAX / NUMBERED))

static void give_numbered(int fd, uint32_t number)
{
    uint32_t words[1 + NUMBERED / 4] = {htonl(NUMBERED)};
    for (size_t i = 1; i < ARRAY_LEN(words); i++)
        words[i] = number;
    assert_int_equal(send(fd, words, sizeof(words), 0), sizeof(words));
}

static uint32_t take_numbered(int fd)
{
    uint32_t words[1 + NUMBERED / 4];
    assert_int_equal(recv(fd, words, sizeof(words), MSG_WAITALL), sizeof(words));
    assert_int_equal(words[0], htonl(NUMBERED));
    for (size_t i = 2; i < ARRAY_LEN(words); i++)
        assert_int_equal(words[i], words[1]);
    return words[1];
}

/* A machine that does not read holds nobody up: what it has not taken is lost in whole frames. */
static void test_carrier_full(void **state)
{
    (void)state;
    struct carried c;
    start_carrier(&c);
    for (uint32_t i = 0; i < NUMBERS; i++)
        give_numbered(c.net, i);
    check_whole(c.machine, c.net);
    give_numbered(c.machine, 7);
    assert_int_equal(take_numbered(c.net), 7);
    for (uint32_t i = 0; i < CARRIER_WAITING_MAX / (NUMBERED + 4); i++)
        assert_int_equal(take_numbered(c.machine), i);
    shutdown(c.net, SHUT_WR);
    check_end(&c, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_talk),
        cmocka_unit_test(test_carrier),
        cmocka_unit_test(test_carrier_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
