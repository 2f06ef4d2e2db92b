#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void describe(struct error *err, const char *format, va_list args)
{
    err->status = STATUS_VMC_FAILED;
    err->detail[0] = '\0';
    vsnprintf(err->text, sizeof(err->text), format, args);
}

/* The reason matters most: if both do not fit, the text before it (a long path) is cut. */
static void append_reason(struct error *err, const char *reason)
{
    size_t used = strlen(err->text), room = sizeof(err->text);
    size_t needed = strlen(reason) + strlen("...: ") + 1;
    if (needed <= room && used > room - needed)
        used = (size_t)snprintf(err->text + room - needed, 4, "...") + room - needed;
    snprintf(err->text + used, room - used, ": %s", reason);
}

int error_set(struct error *err, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        describe(err, format, args);
        va_end(args);
    }
    return -1;
}

int error_errno(struct error *err, const char *format, ...)
{
    int saved = errno;
    if (err) {
        va_list args;
        va_start(args, format);
        describe(err, format, args);
        va_end(args);
        append_reason(err, strerror(saved));
    }
    return -1;
}

int error_wrap(struct error *err, const char *format, ...)
{
    if (err) {
        char inner[sizeof(err->text)];
        memcpy(inner, err->text, sizeof(inner));
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        append_reason(err, inner);
    }
    return -1;
}

void error_sanitize(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}
