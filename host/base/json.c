#include "host/base/json.h"

#include <stdio.h>

void json_add_string(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
    json_object_object_add(object, key, json_object_new_boolean(value));
}

void json_add_number(struct json_object *object, const char *key, int64_t value)
{
    json_object_object_add(object, key, json_object_new_int64(value));
}

void json_add_hex(struct json_object *object, const char *key, const uint8_t *bytes, size_t length)
{
    AUTO_FREE char *hex = xcalloc(2 * length + 1, 1);
    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    json_add_string(object, key, hex);
}

void json_add_texts(struct json_object *object, const char *key, const char *const *texts,
                    size_t count)
{
    struct json_object *array = json_object_new_array_ext((int)count);
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, json_object_new_string(texts[i]));
    json_object_object_add(object, key, array);
}

void json_add_strings(struct json_object *object, const char *key, const struct strings *list)
{
    json_add_texts(object, key, (const char *const *)list->items, list->count);
}
