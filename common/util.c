#include "common/util.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

void *xrealloc(void *old, size_t count, size_t size)
{
    void *p = reallocarray(old, count ? count : 1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

char *xstrdup(const char *text)
{
    char *p = strdup(text);
    if (!p)
        abort();
    return p;
}

char *xstrdup_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static char *vformat(const char *format, va_list args)
{
    char *p = NULL;
    if (vasprintf(&p, format, args) < 0)
        abort();
    return p;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *p = vformat(format, args);
    va_end(args);
    return p;
}

static void strings_take(struct strings *list, char *text)
{
    /* Room for a power of two, and always for the final NULL. */
    if ((list->count & (list->count + 1)) == 0)
        list->items = xrealloc(list->items, 2 * (list->count + 1), sizeof(*list->items));
    list->items[list->count++] = text;
    list->items[list->count] = NULL;
}

void strings_add(struct strings *list, const char *text)
{
    strings_take(list, xstrdup(text));
}

void strings_add_all(struct strings *list, const struct strings *more)
{
    for (size_t i = 0; i < more->count; i++)
        strings_add(list, more->items[i]);
}

void strings_addf(struct strings *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strings_take(list, vformat(format, args));
    va_end(args);
}

char **strings_argv(struct strings *list)
{
    if (!list->items)
        list->items = xcalloc(2, sizeof(*list->items));
    return list->items;
}

char *strings_join(const struct strings *list, const char *separator)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < list->count; i++) {
        char *longer = xasprintf("%s%s%s", text, i > 0 ? separator : "", list->items[i]);
        free(text);
        text = longer;
    }
    return text;
}

void strings_free(struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct strings){0};
}

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int poll_timeout(int64_t deadline)
{
    if (deadline == DEADLINE_NONE)
        return -1;
    int64_t left = deadline - now_ns();
    if (left <= 0)
        return 0;
    int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
