/*
 * The frequency of the time stamp counter that a guest under software emulation sees.
 *
 * QEMU's TCG hands the host's counter through, so its frequency is the host's; the guest kernel
 * otherwise calibrates it against an emulated timer, which is slow and, on a busy host, wrong: the
 * kernel then drops the counter, has no clock source left, and hangs.
 */
#ifndef VMC_HOST_BASE_TSC_H
#define VMC_HOST_BASE_TSC_H

#include <stdint.h>

/* A counter reading and the time it was taken at (CLOCK_MONOTONIC_RAW, ns). */
struct tsc_reading {
    uint64_t ticks;
    int64_t ns;
};

/* Takes the first reading; call it early: the frequency is measured over the time that passes. */
struct tsc_reading tsc_read(void);

/* Frequency in kHz since first was read. Busy-waits until 2 ms have passed since then. */
unsigned tsc_khz(const struct tsc_reading *first);

#endif
