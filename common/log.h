/*
 * Debug messages on stderr, off unless --debug is given. Errors do not go through here: struct
 * error carries them up to main().
 */
#ifndef VMC_COMMON_LOG_H
#define VMC_COMMON_LOG_H

#include <stdbool.h>

/* The one global of the project. */
extern bool log_debug_enabled;

/* Prints "vmc: debug: ..." and a newline when debugging is on. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
