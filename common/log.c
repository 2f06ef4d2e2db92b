#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>

bool log_debug_enabled;

void log_debug(const char *format, ...)
{
    if (!log_debug_enabled)
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    /* One call, so that lines of host and guest never mix within a line. */
    dprintf(2, "vmc: debug: %s\n", line);
}
