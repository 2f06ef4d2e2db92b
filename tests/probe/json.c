#include "tests/probe/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct json json_start(FILE *out)
{
    return (struct json){.out = out, .empty = 1};
}

static void write_string(struct json *j, const char *text)
{
    fputc('"', j->out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(j->out, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            fprintf(j->out, "\\u%04x", c);
        else
            fputc(c, j->out);
    }
    fputc('"', j->out);
}

static void begin(struct json *j, const char *key)
{
    if (!j->empty)
        fputc(',', j->out);
    if (j->depth > 0)
        fprintf(j->out, "\n%*s", 2 * j->depth, "");
    j->empty = 0;
    if (key) {
        write_string(j, key);
        fputs(": ", j->out);
    }
}

static void open_container(struct json *j, const char *key, int array)
{
    begin(j, key);
    fputc(array ? '[' : '{', j->out);
    j->depth++;
    j->arrays &= ~(1ul << j->depth);
    j->arrays |= (unsigned long)array << j->depth;
    j->empty = 1;
}

void json_object(struct json *j, const char *key)
{
    open_container(j, key, 0);
}

void json_array(struct json *j, const char *key)
{
    open_container(j, key, 1);
}

void json_end(struct json *j)
{
    bool array = j->arrays >> j->depth & 1;
    j->depth--;
    if (!j->empty)
        fprintf(j->out, "\n%*s", 2 * j->depth, "");
    j->empty = 0;
    fputc(array ? ']' : '}', j->out);
    if (j->depth == 0)
        fputc('\n', j->out);
}

void json_string(struct json *j, const char *key, const char *value)
{
    begin(j, key);
    if (value)
        write_string(j, value);
    else
        fputs("null", j->out);
}

void json_format(struct json *j, const char *key, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    json_string(j, key, n < 0 ? NULL : text);
    if (n >= 0)
        free(text);
}

void json_number(struct json *j, const char *key, long long value)
{
    begin(j, key);
    fprintf(j->out, "%lld", value);
}

void json_outcome(struct json *j, const char *key, long result)
{
    int error = errno;
    const char *name = strerrorname_np(error);
    json_string(j, key, result >= 0 ? "ok" : name ? name : "an unknown error");
}
