#include "host/json_add.h"

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
