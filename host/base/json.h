/*
 * Members of JSON objects: each adds one, with a copy of the value.
 */
#ifndef VMC_HOST_BASE_JSON_H
#define VMC_HOST_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/util.h"

void json_add_string(struct json_object *object, const char *key, const char *value);
void json_add_bool(struct json_object *object, const char *key, bool value);
void json_add_number(struct json_object *object, const char *key, int64_t value);
/* Bytes as hexadecimal digits. */
void json_add_hex(struct json_object *object, const char *key, const uint8_t *bytes, size_t length);
void json_add_strings(struct json_object *object, const char *key, const struct strings *list);
/* The same for a table. */
void json_add_texts(struct json_object *object, const char *key, const char *const *texts,
                    size_t count);

#endif
