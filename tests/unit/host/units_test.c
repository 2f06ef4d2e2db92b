#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "host/base/signals.h"
#include "host/base/units.h"

static void expect_size(const char *text, uint64_t bytes)
{
    struct error err = ERROR_INIT;
    uint64_t value = 1;

    if (parse_size(text, &value, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(value, bytes);
}

static void sizes(void **state)
{
    (void)state;
    expect_size("0", 0);
    expect_size("4096", 4096);
    expect_size("7b", 7);
    expect_size("7B", 7);
    expect_size("1k", 1024);
    expect_size("512M", 512ull << 20);
    expect_size("512mb", 512ull << 20);
    expect_size("2GiB", 2ull << 30);
    expect_size("3t", 3ull << 40);
    expect_size("007", 7);
    expect_size("18446744073709551615", UINT64_MAX);
    expect_size("16777215t", 16777215ull << 40);
}

static void bad_sizes(void **state)
{
    static const char *const bad[] = {
        "",
        "m",
        "12Q",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1 m",
        "1.5g",
        "1kk",
        "1ib",
        "1bb",
        "0x10",
        "1mib2",
        "18446744073709551616",
        "16777216t",
        "17179869184g",
        "99999999999999999999999",
        "\xff",
    };
    struct error err = ERROR_INIT;
    uint64_t value = 42;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (parse_size(bad[i], &value, &err) == 0)
            fail_msg("'%s' was accepted", bad[i]);
        assert_int_equal(value, 42);
        assert_int_equal(err.status, STATUS_VMC_FAILED);
    }
    parse_size("12Q", &value, &err);
    assert_string_equal(err.text, "bad size '12Q': expected a whole number of bytes, or one with "
                                  "the suffix k, m, g or t, such as 512m");
}

static void expect_duration(const char *text, int64_t ns)
{
    struct error err = ERROR_INIT;
    int64_t value = 1;

    if (parse_duration(text, &value, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(value, ns);
}

static void durations(void **state)
{
    (void)state;
    expect_duration("0", 0);
    expect_duration("10", 10 * NS_PER_S);
    expect_duration("10s", 10 * NS_PER_S);
    expect_duration("1.5s", 1500 * NS_PER_MS);
    expect_duration("0.25", 250 * NS_PER_MS);
    expect_duration("500ms", 500 * NS_PER_MS);
    expect_duration("0.5ms", 500000);
    expect_duration("2m", 120 * NS_PER_S);
    expect_duration("1h", 3600 * NS_PER_S);
    expect_duration("1.5h", 5400 * NS_PER_S);
    expect_duration("0.000000001", 1);
    expect_duration("0.999999999h", 3599999996400);
    expect_duration("9223372036", 9223372036 * NS_PER_S);
}

static void bad_durations(void **state)
{
    static const char *const bad[] = {
        "",
        "s",
        "-1",
        "1.",
        ".5",
        "1.5.5",
        "1d",
        "1S",
        "1 s",
        "s1",
        "1m30s",
        "1e3",
        "inf",
        "0.0000000001",
        "9223372037",
        "2562048h",
        "18446744073709551615",
        "99999999999999999999999",
    };
    struct error err = ERROR_INIT;
    int64_t value = 42;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (parse_duration(bad[i], &value, &err) == 0)
            fail_msg("'%s' was accepted", bad[i]);
        assert_int_equal(value, 42);
    }
    parse_duration("1d", &value, &err);
    assert_string_equal(err.text, "bad duration '1d': expected seconds, or a number with ms, s, m "
                                  "or h, such as 1.5s");
}

static void counts(void **state)
{
    static const char *const bad[] = {
        "", "0", "-1", "+1", "9", "1.0", "4294967297", "18446744073709551617", "1 ", "x",
    };
    struct error err = ERROR_INIT;
    unsigned value = 42;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (parse_count(bad[i], 1, 8, &value, &err) == 0)
            fail_msg("'%s' was accepted", bad[i]);
        assert_int_equal(value, 42);
    }
    assert_string_equal(err.text, "bad number 'x': expected a whole number from 1 to 8");
    assert_int_equal(parse_count("1", 1, 8, &value, &err), 0);
    assert_int_equal(value, 1);
    assert_int_equal(parse_count("8", 1, 8, &value, &err), 0);
    assert_int_equal(value, 8);
    assert_int_equal(parse_count("4294967295", 0, UINT32_MAX, &value, &err), 0);
    assert_int_equal(value, UINT32_MAX);
}

static void signals(void **state)
{
    static const struct {
        const char *text;
        int number;
    } good[] = {{"TERM", 15}, {"sigkill", 9}, {"SIGUSR1", 10}, {"1", 1}, {"64", 64}};
    static const char *const bad[] = {"", "SIG", "0", "65", "-9", "9x", "NOSUCH", "TERM "};
    struct error err = ERROR_INIT;
    int number;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(parse_signal(good[i].text, &number, &err), 0);
        assert_int_equal(number, good[i].number);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (parse_signal(bad[i], &number, &err) == 0)
            fail_msg("'%s' was accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),         cmocka_unit_test(bad_sizes), cmocka_unit_test(durations),
        cmocka_unit_test(bad_durations), cmocka_unit_test(counts),    cmocka_unit_test(signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
