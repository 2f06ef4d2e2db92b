/* What --net and its companions mean: the grammar of --publish, modes, addresses, argument lists.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "host/base/resolver.h"
#include "host/network/bridge_setup.h"
#include "host/network/passt_program.h"
#include "host/network/user.h"

/* ---- --publish ---- */

static void check_publish(const char *text, const char *address, unsigned host, unsigned guest,
                          bool udp)
{
    struct network_spec spec = {0};
    struct error err = ERROR_INIT;
    char got[NET_ADDRESS_TEXT];
    if (publish_parse(&(struct setting){NULL, text, "--publish"}, &spec, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(spec.port_count, 1);
    net_address_format(&spec.ports[0].address, got);
    assert_string_equal(got, address);
    assert_int_equal(spec.ports[0].host_port, host);
    assert_int_equal(spec.ports[0].guest_port, guest);
    assert_int_equal(spec.ports[0].udp, udp);
    network_spec_free(&spec);
}

static void test_publish(void **state)
{
    (void)state;
    check_publish("80", "127.0.0.1", 0, 80, false);
    check_publish("80/tcp", "127.0.0.1", 0, 80, false);
    check_publish("8080:80", "127.0.0.1", 8080, 80, false);
    check_publish("5353:53/udp", "127.0.0.1", 5353, 53, true);
    check_publish("0.0.0.0:8080:80", "0.0.0.0", 8080, 80, false);
    check_publish("192.0.2.7::80", "192.0.2.7", 0, 80, false);
    check_publish("[::1]:8080:80", "::1", 8080, 80, false);
    check_publish("[::]:65535:1/udp", "::", 65535, 1, true);
    check_publish("[fd00::1]::80", "fd00::1", 0, 80, false);
}

static void test_publish_ranges(void **state)
{
    (void)state;
    struct network_spec spec = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(
        publish_parse(&(struct setting){NULL, "8000-8003:80-83/udp", "--publish"}, &spec, &err), 0);
    assert_int_equal(spec.port_count, 4);
    assert_int_equal(spec.ports[3].host_port, 8003);
    assert_int_equal(spec.ports[3].guest_port, 83);
    assert_true(spec.ports[3].udp);
    assert_int_equal(publish_parse(&(struct setting){NULL, "90-91", "--publish"}, &spec, &err), 0);
    assert_int_equal(spec.port_count, 6);
    assert_int_equal(spec.ports[5].host_port, 0);
    assert_int_equal(spec.ports[5].guest_port, 91);
    network_spec_free(&spec);
}

static void test_publish_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "65536",
        "80/",
        "80/sctp",
        "a",
        ":80",
        "80:",
        "8080:80:90",
        "::80",
        "[::1]:80",
        "[::1]",
        "[::1:80:80",
        "::1:80:80",
        "127.0.0.1:80",
        "1.2.3:80:80",
        "host:80:80",
        "8000-8001:80",
        "81-80",
        "1-2-3",
        "80-",
        "-80",
        " 80",
        "80 ",
        "+80",
        "0x50",
        "127.0.0.1:80:",
        "[127.0.0.1]:80:80",
        "80:80/UDP",
        "80/tcp/udp",
        "8080:80-81",
        "1-2000",
        "[fe80::1%lo]:80:80",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct network_spec spec = {0};
        struct error err = ERROR_INIT;
        if (publish_parse(&(struct setting){NULL, bad[i], "--publish"}, &spec, &err) == 0)
            fail_msg("'%s' was taken", bad[i]);
        assert_non_null(strstr(err.text, "--publish"));
        network_spec_free(&spec);
    }
}

static void check_twice(const char *first, const char *second, int expected)
{
    struct network_spec spec = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(publish_parse(&(struct setting){NULL, first, "--publish"}, &spec, &err), 0);
    assert_int_equal(publish_parse(&(struct setting){NULL, second, "--publish"}, &spec, &err),
                     expected);
    network_spec_free(&spec);
}

static void test_publish_twice(void **state)
{
    (void)state;
    check_twice("8080:80", "8080:81", -1);
    check_twice("8080:80", "0.0.0.0:8080:81", -1);
    check_twice("[::]:8080:80", "[::1]:8080:81", -1);
    check_twice("8080:80", "8080:80/udp", 0);
    check_twice("8080:80", "[::1]:8080:80", 0);
    check_twice("8080:80", "127.0.0.2:8080:80", 0);
    check_twice("80", "80", 0);
}

/* ---- the other options ---- */

static int resolve(const char *const *words, struct network_spec *ret, struct error *err)
{
    const char *argv[16] = {"vmc", "run"};
    int argc = 2;
    struct request req = {0};
    for (; *words; words++)
        argv[argc++] = *words;
    argv[argc++] = "true";
    argv[argc] = NULL;
    if (cli_parse(argc, (char **)argv, &req, err) < 0)
        fail_msg("%s", err->text);
    int result = network_spec_resolve(&req, ret, err);
    request_free(&req);
    return result;
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void test_modes(void **state)
{
    (void)state;
    struct network_spec spec = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(resolve(WORDS("--debug"), &spec, &err), 0);
    assert_int_equal(spec.mode, NETWORK_USER);
    assert_false(spec.host_loopback);
    assert_int_equal(resolve(WORDS("--net", "user:host-loopback"), &spec, &err), 0);
    assert_true(spec.host_loopback);
    assert_int_equal(resolve(WORDS("--network", "none"), &spec, &err), 0);
    assert_int_equal(spec.mode, NETWORK_NONE);
    assert_int_equal(resolve(WORDS("--net", "bridge"), &spec, &err), 0);
    assert_int_equal(spec.mode, NETWORK_BRIDGE);
    assert_string_equal(spec.interface, "vmc0");
    assert_int_equal(resolve(WORDS("--net", "bridge=lab", "--ip", "10.1.2.3"), &spec, &err), 0);
    assert_string_equal(spec.interface, "lab");
    assert_int_equal(spec.ip.address.family, AF_INET);
    assert_int_equal(
        resolve(WORDS("--net=tap=tap.7", "--ip", "10.1.2.3/25", "--gateway", "10.1.2.1", "--ip6",
                      "fd00::2/48", "--mac-address", "02:00:5E:10:00:01"),
                &spec, &err),
        0);
    assert_string_equal(spec.interface, "tap.7");
    assert_int_equal(spec.ip.length, 25);
    assert_int_equal(spec.ip6.length, 48);
    assert_int_equal(spec.gateway.family, AF_INET);
    assert_string_equal(spec.mac, "02:00:5e:10:00:01");
}

static void check_refused(const char *const *words, const char *says)
{
    struct network_spec spec = {0};
    struct error err = ERROR_INIT;
    if (resolve(words, &spec, &err) == 0)
        fail_msg("%s %s was taken", words[0], words[1]);
    if (!strstr(err.text, says))
        fail_msg("'%s' does not say '%s'", err.text, says);
    network_spec_free(&spec);
}

static void test_refused(void **state)
{
    (void)state;
    check_refused(WORDS("--net", "host"), "kernel of its own");
    check_refused(WORDS("--net", "container:x"), "--net bridge");
    check_refused(WORDS("--net", "nat"), "it must be none, user");
    check_refused(WORDS("--net", ""), "it must be none, user");
    check_refused(WORDS("--net", "user=x"), "it must be none, user");
    check_refused(WORDS("--net", "user:"), "it must be none, user");
    check_refused(WORDS("--net", "none:host-loopback"), "it must be none, user");
    check_refused(WORDS("--net", "tap"), "tap=INTERFACE");
    check_refused(WORDS("--net", "tap="), "an interface name");
    check_refused(WORDS("--net", "bridge=a/b"), "an interface name");
    check_refused(WORDS("--net", "bridge=sixteen-letters-"), "an interface name");
    check_refused(WORDS("--net", "none", "-p", "80:80"), "there is no network");
    check_refused(WORDS("--net", "tap=x", "-p", "80:80"), "--net tap");
    check_refused(WORDS("--ip", "10.1.2.3"), "--net user");
    check_refused(WORDS("--net", "bridge", "--gateway", "10.1.2.1"), "--gateway");
    check_refused(WORDS("--net", "bridge", "--ip", "10.1.2.3/24"), "leave out /24");
    check_refused(WORDS("--net", "bridge", "--ip", "fd00::1"), "IPv4");
    check_refused(WORDS("--net", "tap=x", "--ip", "10.1.2.3"), "10.1.2.3/24");
    check_refused(WORDS("--net", "tap=x", "--ip", "10.1.2.3/33"), "33");
    check_refused(WORDS("--net", "tap=x", "--ip", "224.0.0.1/24"), "host address");
    check_refused(WORDS("--net", "tap=x", "--ip6", "::1/64"), "host address");
    check_refused(WORDS("--net", "tap=x", "--gateway", "10.1.2.1"), "--ip");
    check_refused(WORDS("--mac-address", "02:00:5e:10:00"), "hardware address");
    check_refused(WORDS("--mac-address", "01:00:5e:10:00:01"), "unicast MAC");
    check_refused(WORDS("--mac-address", "00:00:00:00:00:00"), "unicast MAC");
    check_refused(WORDS("--net", "none", "--mac-address", "02:00:5e:10:00:01"), "no network");
}

/* ---- what the helpers are told ---- */

static void check_words(const struct strings *argv, const char *text)
{
    char *joined = xstrdup("");
    for (size_t i = 0; i < argv->count; i++) {
        char *longer = xasprintf("%s%s%s", joined, i > 0 ? " " : "", argv->items[i]);
        free(joined);
        joined = longer;
    }
    assert_string_equal(joined, text);
    free(joined);
}

static void test_passt_argv(void **state)
{
    (void)state;
    struct network_spec spec = {.mode = NETWORK_USER};
    struct error err = ERROR_INIT;
    struct strings argv = {0};
    const struct user_dns dns = {true, false};
    const struct network plain = {.spec = &spec, .directory = "/run/vmc/1"};
    passt_argv(&plain, "lo", false, &dns, &argv);
    /* It is not waited for. */
    check_words(&argv, "/run/vmc/1/passt --foreground --quiet --fd 3 "
                       "--interface lo --mac-addr 02:00:76:6d:63:02 --address 10.0.2.15 "
                       "--netmask 24 --gateway 10.0.2.2 --ipv4-only --no-dhcp --no-dhcpv6 --no-ra "
                       "--search none --no-map-gw --dns-forward 10.0.2.3 -t none -u none");
    strings_free(&argv);

    const struct user_dns both = {true, true};
    spec.host_loopback = true;
    assert_int_equal(publish_parse(&(struct setting){NULL, "8080:80", "--publish"}, &spec, &err),
                     0);
    assert_int_equal(
        publish_parse(&(struct setting){NULL, "[::1]:8081:80", "--publish"}, &spec, &err), 0);
    assert_int_equal(
        publish_parse(&(struct setting){NULL, "0.0.0.0:53:53/udp", "--publish"}, &spec, &err), 0);
    const struct network network = {.spec = &spec, .directory = "/d", .ports = spec.ports};
    passt_argv(&network, "eth0", true, &both, &argv);
    check_words(&argv, "/d/passt --foreground --quiet --fd 3 --pid /proc/self/fd/1 "
                       "--interface eth0 --mac-addr 02:00:76:6d:63:02 --address 10.0.2.15 "
                       "--netmask 24 --gateway 10.0.2.2 --address fd76:6d63::15 --gateway fe80::2 "
                       "--no-dhcp --no-dhcpv6 --no-ra --search none --dns-forward 10.0.2.3 "
                       "--dns-forward fd76:6d63::3 -t 127.0.0.1/8080:80 -t ::1/8081:80 "
                       "-u 0.0.0.0/53:53");
    strings_free(&argv);
    network_spec_free(&spec);
}

static void test_passt_version(void **state)
{
    (void)state;
    assert_int_equal(passt_version_day("passt 0.0~git20260728.f8df3f1-1~bpo13+1\n"), 20260728);
    assert_int_equal(passt_version_day("passt 2026_07_28.f8df3f1\nCopyright"), 20260728);
    assert_int_equal(passt_version_day("passt 0^20250503.g587980c-2.fc42"), 20250503);
    assert_int_equal(passt_version_day("passt unknown version\n20260728"), 0);
    assert_int_equal(passt_version_day("passt 1.2.20261399"), 0);
    assert_int_equal(passt_version_day(""), 0);
}

static void test_slirp_options(void **state)
{
    (void)state;
    struct network_spec spec = {.mode = NETWORK_USER};
    struct error err = ERROR_INIT;
    assert_int_equal(publish_parse(&(struct setting){NULL, "8080:80", "--publish"}, &spec, &err),
                     0);
    assert_int_equal(
        publish_parse(&(struct setting){NULL, "0.0.0.0:53:53/udp", "--publish"}, &spec, &err), 0);
    const struct network network = {.spec = &spec, .ports = spec.ports};
    char *options = slirp_options(&network);
    assert_string_equal(options,
                        "net=10.0.2.0/24,host=10.0.2.2,dns=10.0.2.3,ipv6-prefix=fd76:6d63::,"
                        "ipv6-prefixlen=64,ipv6-host=fd76:6d63::2,ipv6-dns=fd76:6d63::3,"
                        "hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80,"
                        "hostfwd=udp:0.0.0.0:53-10.0.2.15:53");
    free(options);
    network_spec_free(&spec);
}

static void test_bridge(void **state)
{
    (void)state;
    const struct bridge_plan plan = {.name = "vmc0", .number = 99};
    char text[NET_ADDRESS_TEXT];
    bridge_address(&plan, BRIDGE_LAST, text);
    assert_string_equal(text, "10.118.99.254");
    bridge_address6(&plan, BRIDGE_LAST, text);
    assert_string_equal(text, "fd76:6d63:0:63::fe");
    char *rules = bridge_rules(&plan);
    assert_string_equal(rules, "table inet vmc_99 {\n"
                               " chain postrouting {\n"
                               "  type nat hook postrouting priority srcnat; policy accept;\n"
                               "  ip saddr 10.118.99.0/24 oifname != \"vmc0\" masquerade\n"
                               "  ip6 saddr fd76:6d63:0:63::0/64 oifname != \"vmc0\" masquerade\n"
                               " }\n"
                               " chain forward {\n"
                               "  type filter hook forward priority filter; policy accept;\n"
                               "  iifname \"vmc0\" oifname \"vmc0\" accept\n"
                               "  oifname \"vmc0\" ct state established,related accept\n"
                               "  oifname \"vmc0\" drop\n"
                               " }\n"
                               "}\n");
    free(rules);
}

/* ---- leases ---- */

static void test_leases(void **state)
{
    (void)state;
    char path[] = "/tmp/vmc-lease.XXXXXX";
    struct lease_room room = LEASE_ROOM_INIT;
    struct error err = ERROR_INIT;
    int one, two, again;
    assert_non_null(mkdtemp(path));
    room.bridge_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_null(lease_note_read(&room));
    assert_int_equal(lease_note_write(&room, "99 1\n", &err), 0);
    char *note = lease_note_read(&room);
    assert_string_equal(note, "99 1\n");
    free(note);
    assert_int_equal(lease_take(&room, "10.0.0.2", &one, &err), 0);
    assert_int_equal(lease_take(&room, "10.0.0.2", &again, &err), 0);
    assert_int_equal(again, -1);
    assert_int_equal(lease_take(&room, "10.0.0.3", &two, &err), 0);
    assert_true(one >= 0 && two >= 0);
    assert_int_equal(lease_sweep(&room), 2);
    /* As when its vmc is killed: the lock goes, the file stays. */
    close_fd(&one);
    assert_int_equal(lease_sweep(&room), 1);
    assert_int_equal(lease_take(&room, "10.0.0.2", &one, &err), 0);
    assert_true(one >= 0);
    lease_drop(&room, "10.0.0.2", &one);
    lease_drop(&room, "10.0.0.3", &two);
    assert_int_equal(lease_sweep(&room), 0);
    assert_int_equal(unlinkat(room.bridge_fd, "made", 0), 0);
    assert_int_equal(rmdir(path), 0);
    lease_room_close(&room);
}

/* ---- name servers ---- */

static size_t read_resolver(const char *text, struct net_address ret[RESOLVER_MAX])
{
    char path[] = "/tmp/vmc-resolver.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    size_t count = resolver_read(path, ret);
    unlink(path);
    return count;
}

static void test_resolver(void **state)
{
    (void)state;
    struct net_address servers[RESOLVER_MAX];
    char text[NET_ADDRESS_TEXT];
    assert_int_equal(resolver_read("/no/such/file", servers), 0);
    assert_int_equal(read_resolver("", servers), 0);
    assert_int_equal(read_resolver("# nameserver 1.2.3.4\nnameserver\nnameserver x\n"
                                   "search a b\nnameserver fe80::1%eth0\nnameservers 1.1.1.1",
                                   servers),
                     0);
    assert_int_equal(read_resolver("nameserver\t127.0.0.53 # local\noptions edns0\n"
                                   "nameserver   fd00::1\nnameserver 1.1.1.1\nnameserver 2.2.2.2",
                                   servers),
                     3);
    net_address_format(&servers[0], text);
    assert_string_equal(text, "127.0.0.53");
    assert_true(net_address_is_loopback(&servers[0]));
    net_address_format(&servers[1], text);
    assert_string_equal(text, "fd00::1");
    assert_false(net_address_is_loopback(&servers[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish),         cmocka_unit_test(test_publish_ranges),
        cmocka_unit_test(test_publish_refused), cmocka_unit_test(test_publish_twice),
        cmocka_unit_test(test_modes),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_passt_argv),      cmocka_unit_test(test_slirp_options),
        cmocka_unit_test(test_passt_version),   cmocka_unit_test(test_resolver),
        cmocka_unit_test(test_bridge),          cmocka_unit_test(test_leases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
