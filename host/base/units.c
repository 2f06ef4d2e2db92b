#include "host/base/units.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits at *text and moves past them. False without digits or on overflow. */
static bool read_digits(const char **text, uint64_t *ret)
{
    uint64_t value = 0;

    if (!is_digit(**text))
        return false;
    for (; is_digit(**text); (*text)++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

/* The power of two a size suffix stands for, or -1. */
static int suffix_shift(const char *suffix)
{
    static const char letters[] = "kmgt";
    int shift = 0;

    if (*suffix) {
        const char *letter = strchr(letters, *suffix | 0x20);

        if (letter) {
            shift = (int)(letter - letters + 1) * 10;
            suffix++;
            if (strcasecmp(suffix, "ib") == 0)
                return shift;
        }
    }
    return *suffix == '\0' || strcasecmp(suffix, "b") == 0 ? shift : -1;
}

int parse_size(const char *text, uint64_t *ret_bytes, struct error *err)
{
    const char *rest = text;
    uint64_t value;
    int shift;

    if (!read_digits(&rest, &value) || (shift = suffix_shift(rest)) < 0 ||
        value > UINT64_MAX >> shift)
        return error_set(err,
                         "bad size '%s': expected a whole number of bytes, or one with the "
                         "suffix k, m, g or t, such as 512m",
                         text);
    *ret_bytes = value << shift;
    return 0;
}

/*
 * The decimals after the whole units in "1.5s", as nanounits (0 if there are none). Leaves *text
 * after them.
 */
static bool read_fraction(const char **text, uint64_t *ret_nano)
{
    const char *start = *text + 1;
    uint64_t value;

    *ret_nano = 0;
    if (**text != '.')
        return true;
    *text = start;
    if (!read_digits(text, &value) || *text - start > 9)
        return false;
    for (long digits = *text - start; digits < 9; digits++)
        value *= 10;
    *ret_nano = value;
    return true;
}

/* Nanoseconds in the unit a suffix names, or 0. */
static uint64_t duration_unit(const char *suffix)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"", NS_PER_S},       {"ms", NS_PER_MS},      {"s", NS_PER_S},
        {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
    };

    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(suffix, units[i].name) == 0)
            return units[i].ns;
    }
    return 0;
}

int parse_duration(const char *text, int64_t *ret_ns, struct error *err)
{
    const char *rest = text;
    uint64_t whole = 0;
    uint64_t nano = 0;
    bool good = read_digits(&rest, &whole) && read_fraction(&rest, &nano);
    uint64_t unit = good ? duration_unit(rest) : 0;
    int64_t ns;

    /* nano < 1e9 and a unit <= 3.6e12, but their product can pass 2^64 / 5: divide first. */
    if (unit == 0 || __builtin_mul_overflow(whole, unit, &ns) ||
        __builtin_add_overflow(ns, nano * (unit / NS_PER_MS) / 1000, &ns))
        return error_set(err,
                         "bad duration '%s': expected seconds, or a number with ms, s, m or h, "
                         "such as 1.5s",
                         text);
    *ret_ns = ns;
    return 0;
}

int parse_count(const char *text, unsigned min, unsigned max, unsigned *ret, struct error *err)
{
    const char *rest = text;
    uint64_t value;

    if (!read_digits(&rest, &value) || *rest || value < min || value > max)
        return error_set(err, "bad number '%s': expected a whole number from %u to %u", text, min,
                         max);
    *ret = (unsigned)value;
    return 0;
}
