/*
 * Members of JSON objects.
 */
#ifndef VMC_HOST_BASE_JSON_H
#define VMC_HOST_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/util.h"

/* ---- writing: each adds one, with a copy of the value ---- */

void json_add_string(struct json_object *object, const char *key, const char *value);
void json_add_bool(struct json_object *object, const char *key, bool value);
void json_add_number(struct json_object *object, const char *key, int64_t value);

/* ---- reading: what is found is borrowed ---- */

/* The member of that type, or *ret_value = NULL where there is none. */
int json_member(struct json_object *object, const char *key, enum json_type type,
                struct json_object **ret_value, struct error *err);
/* The same for a string's text. */
int json_text_member(struct json_object *object, const char *key, const char **ret,
                     struct error *err);

/*
 * Refuses members that are not in known (NULL-terminated): a misspelled one would be ignored.
 * Anything but an object has none.
 */
int json_check_members(struct json_object *object, const char *const *known, struct error *err);
#define JSON_CHECK_MEMBERS(object, err, ...)                                                       \
    json_check_members(object, (const char *const[]){__VA_ARGS__, NULL}, err)

/* Of an array, or of NULL, which has no items. */
size_t json_length(const struct json_object *array);
/* "" for an item that is not a string. */
const char *json_text_at(const struct json_object *array, size_t i);

#endif
