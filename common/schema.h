/*
 * Conversion between JSON objects and structures, by tables: the name of a key, its place, its
 * values. Strict, as common/container_config.h says. One table serves reading, writing and freeing.
 */
#ifndef VMC_COMMON_SCHEMA_H
#define VMC_COMMON_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct json_object;
struct schema;

enum field_type {
    FIELD_BOOL,    /* bool */
    FIELD_INTEGER, /* int64_t, from min to max */
    FIELD_TEXT,    /* char *: 1 to max bytes without NUL */
    FIELD_ANY,     /* char *: the same, and it may be empty */
    FIELD_PATH,    /* char *: absolute, shorter than PATH_MAX */
    FIELD_CHOICE,  /* int: index in names */
    FIELD_STRINGS, /* struct strings */
    FIELD_HEX,     /* struct byte_string of at most max bytes */
    FIELD_OBJECT,  /* the fields of schema, in the structure at offset */
    FIELD_LIST,    /* {items, count}: an array of at most max objects of schema */
};

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    int64_t min, max;
    const char *const *names; /* CHOICE: NULL-terminated; a first entry of "" cannot be chosen */
    const struct schema *schema;
    size_t seen; /* offset of a bool: the key is there, also for what is zero; 0: none */
};

struct schema {
    const struct field *fields;
    size_t count;
    size_t size;                                 /* of the structure */
    int (*check)(void *item, struct error *err); /* after all fields; may be NULL */
};

/* Of a type's table of fields; and where a field's member is. */
#define SCHEMA(type, fields, check_function)                                                       \
    {                                                                                              \
        fields, ARRAY_LEN(fields), sizeof(type), check_function                                    \
    }
#define SCHEMA_AT(type, member) .offset = offsetof(type, member)

/* Fills item (zero, or with defaults). On failure what was read stays: schema_free() it. */
int schema_read(const struct schema *schema, const char *name, struct json_object *object,
                void *item, struct error *err);

/*
 * The object that schema_read() makes item of. What is false, 0, NULL or empty is left out, unless
 * its seen is set. Owned by the caller: json_object_put().
 */
struct json_object *schema_write(const struct schema *schema, const void *item);

/*
 * The same for text: exactly one JSON object in length bytes, at most CONFIG_SIZE_MAX. After a
 * failure item owns no member of the schema. The text is owned by the caller.
 */
int schema_parse(const struct schema *schema, const char *json, size_t length, void *item,
                 struct error *err);
char *schema_text(const struct schema *schema, const void *item);

/* Frees everything owned by item; item itself is the caller's. */
void schema_free(const struct schema *schema, void *item);

#endif
