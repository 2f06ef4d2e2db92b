#include "host/base/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void notice(const char *format, ...)
{
    /* A path has at most 4096 characters, PATH_MAX. */
    char line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    /* One call, so that lines of several processes do not mix. */
    dprintf(STDERR_FILENO, "vmc: %s\n", line);
}
