/*
 * Basics for every file: allocation that cannot fail (vmc aborts when out of memory), cleanup
 * attributes, and a clock.
 */
#ifndef VMC_COMMON_UTIL_H
#define VMC_COMMON_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Owned memory; never NULL. Free with free(). */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrdup_or_null(const char *text); /* NULL of NULL */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A NULL-terminated list of owned strings: argv, an environment.
 * Zero-initialised is empty; strings_argv() of an empty list is still a valid {NULL}.
 */
struct strings {
    char **items;
    size_t count;
};
void strings_add(struct strings *list, const char *text);
void strings_add_all(struct strings *list, const struct strings *more);
void strings_addf(struct strings *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char **strings_argv(struct strings *list);
void strings_free(struct strings *list);
/* All of them with the separator between them; owned. "" for an empty list. */
char *strings_join(const struct strings *list, const char *separator);

/* Monotonic time in nanoseconds (CLOCK_MONOTONIC). */
int64_t now_ns(void);
#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/*
 * How long poll(2) may wait for a deadline given in now_ns() time: milliseconds, rounded up,
 * 0 when it has passed, -1 (no limit) for DEADLINE_NONE.
 */
#define DEADLINE_NONE INT64_MAX
int poll_timeout(int64_t deadline);

/* Cleanup attributes: AUTO_FREE char *p = ...; AUTO_CLOSE int fd = -1; */
static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}
static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_STRINGS __attribute__((cleanup(strings_free)))

/* Closes *fd if it is open and marks it closed. */
static inline void close_fd(int *fd)
{
    cleanup_close(fd);
    *fd = -1;
}

/* Hands an owned descriptor or pointer to the caller: return take_fd(&fd); */
static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#endif
