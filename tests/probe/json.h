/*
 * Writes one JSON document to a stream, member by member. By hand: the probe needs nothing but
 * libc.
 */
#ifndef VMC_TESTS_PROBE_JSON_H
#define VMC_TESTS_PROBE_JSON_H

#include <stdio.h>

struct json {
    FILE *out; /* borrowed */
    int depth;
    unsigned long arrays; /* bit n: the container open at depth n is an array */
    int empty;            /* nothing has been written yet at this depth */
};

struct json json_start(FILE *out);

/* In an object each value has a key; in an array, and for the document itself, it is NULL. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);

/* A string, or null for NULL. Bytes that are not ASCII are written as they are. */
void json_string(struct json *j, const char *key, const char *value);
void json_format(struct json *j, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void json_number(struct json *j, const char *key, long long value);

/* How a call ended: "ok" for a result that is not negative, else the name of errno. */
void json_outcome(struct json *j, const char *key, long result);

#endif
