#include "host/base/tsc.h"

#include <stdint.h>
#include <time.h>

#include "common/util.h"

static int64_t raw_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

#if defined(__x86_64__) || defined(__i386__)

static uint64_t ticks(void)
{
    return __builtin_ia32_rdtsc();
}

#else

/* Without a host counter to pass through, QEMU counts nanoseconds. */
static uint64_t ticks(void)
{
    return (uint64_t)raw_ns();
}

#endif

/* The tightest of a few readings: an interruption between the two clocks falsifies the pair. */
struct tsc_reading tsc_read(void)
{
    struct tsc_reading best = {0};
    int64_t best_width = INT64_MAX;
    for (int i = 0; i < 8; i++) {
        int64_t before = raw_ns();
        uint64_t counter = ticks();
        int64_t after = raw_ns();
        if (after - before < best_width) {
            best_width = after - before;
            best = (struct tsc_reading){counter, before + (after - before) / 2};
        }
    }
    return best;
}

unsigned tsc_khz(const struct tsc_reading *first)
{
    /* 2 ms between readings good to 0.1 us give 50 ppm, which NTP corrects in any machine. */
    struct tsc_reading last;
    do {
        last = tsc_read();
    } while (last.ns - first->ns < 2 * NS_PER_MS);
    return (unsigned)((last.ticks - first->ticks) * 1000000 / (uint64_t)(last.ns - first->ns));
}
