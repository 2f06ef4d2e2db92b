/*
 * The frequency of the time stamp counter that a guest under software emulation sees.
 *
 * QEMU's TCG hands the host's counter through, so its frequency is the host's; the guest kernel
 * otherwise calibrates it against an emulated timer, which is slow and, when the host is busy,
 * wrong: the kernel then drops the counter and is left without a clock source, and hangs.
 */
#ifndef VMC_HOST_BASE_TSC_H
#define VMC_HOST_BASE_TSC_H

#include <stdint.h>

/* A counter reading and the time it was taken at (CLOCK_MONOTONIC_RAW, ns). */
struct tsc_reading {
    uint64_t ticks;
    int64_t ns;
};

/* Takes the first reading; early, since the frequency is measured over the time that passes. */
struct tsc_reading tsc_read(void);

/* Frequency in kHz since first was read. Uses the processor until 2 ms have passed since. */
unsigned tsc_khz(const struct tsc_reading *first);

#endif
