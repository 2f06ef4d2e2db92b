/* The texts of /etc/resolv.conf and /etc/hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/guest/name_files.h"
#include "host/spec/names.h"

static void check_resolv_conf(const struct names_spec *spec, const char *host, const char *expected)
{
    char path[] = "/tmp/vmc-names.XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, host, strlen(host)), (ssize_t)strlen(host));
    close(fd);
    struct network_guest guest = {0};
    strings_add(&guest.nameservers, "10.0.2.3");
    char *text = names_resolv_conf(spec, &guest, path);
    assert_string_equal(text, expected);
    unlink(path);
    free(text);
    strings_free(&guest.nameservers);
}

static void test_resolv_conf(void **state)
{
    static const char host[] = "nameserver 9.9.9.9\nsearch old\nsearch a.example  b.example # x\n"
                               "options edns0\noptions ndots:3 trust-ad\n";
    (void)state;
    struct names_spec spec = {0};
    check_resolv_conf(&spec, "", "nameserver 10.0.2.3\n");
    check_resolv_conf(&spec, host,
                      "nameserver 10.0.2.3\nsearch a.example b.example\n"
                      "options edns0 ndots:3 trust-ad\n");
    check_resolv_conf(&spec, "domain x.example", "nameserver 10.0.2.3\nsearch x.example\n");
    strings_add(&spec.dns, "1.1.1.1");
    strings_add(&spec.dns, "fd00::1");
    strings_add(&spec.options, "ndots:1");
    strings_add(&spec.search, ".");
    check_resolv_conf(&spec, host, "nameserver 1.1.1.1\nnameserver fd00::1\noptions ndots:1\n");
    strings_add(&spec.search, "c.example");
    check_resolv_conf(&spec, host,
                      "nameserver 1.1.1.1\nnameserver fd00::1\n"
                      "search . c.example\noptions ndots:1\n");
    names_spec_free(&spec);
    const struct network_guest none = {0};
    assert_null(names_resolv_conf(&spec, &none, "/etc/resolv.conf"));
}

static void check_hosts(const struct names_spec *spec, const struct network_guest *guest,
                        const char *hostname, const char *expected)
{
    char *text = names_hosts(spec, guest, hostname);
    const char *last = "ff02::2\tip6-allrouters\n";
    assert_int_equal(strncmp(text, "127.0.0.1\tlocalhost\n", 20), 0);
    assert_string_equal(strstr(text, last) + strlen(last), expected);
    free(text);
}

static void test_hosts(void **state)
{
    (void)state;
    struct names_spec spec = {0};
    struct network_guest guest = {0};
    check_hosts(&spec, &guest, "box", "127.0.1.1\tbox\n");
    strings_add(&guest.addresses, "10.0.2.15/24");
    strings_add(&guest.addresses, "fd00::5/64");
    strings_add(&guest.gateways, "10.0.2.2");
    strings_add(&spec.hosts, "db=10.1.1.1");
    strings_add(&spec.hosts, "host=host-gateway");
    check_hosts(&spec, &guest, "box.example.org",
                "10.1.1.1\tdb\n10.0.2.2\thost\n10.0.2.15\tbox.example.org box\n"
                "fd00::5\tbox.example.org box\n");
    strings_free(&guest.addresses);
    strings_free(&guest.gateways);
    names_spec_free(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolv_conf),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
