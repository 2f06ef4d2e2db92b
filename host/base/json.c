#include "host/base/json.h"

#include <string.h>

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

int json_member(struct json_object *object, const char *key, enum json_type type,
                struct json_object **ret_value, struct error *err)
{
    *ret_value = NULL;
    if (!json_object_object_get_ex(object, key, ret_value) || !*ret_value)
        return 0;
    if (json_object_is_type(*ret_value, type))
        return 0;
    return error_set(err, "\"%s\" must be of type %s", key, json_type_to_name(type));
}

int json_text_member(struct json_object *object, const char *key, const char **ret,
                     struct error *err)
{
    struct json_object *value;
    int result = json_member(object, key, json_type_string, &value, err);
    *ret = value ? json_object_get_string(value) : NULL;
    return result;
}

int json_check_members(struct json_object *object, const char *const *known, struct error *err)
{
    if (!json_object_is_type(object, json_type_object))
        return 0;
    json_object_object_foreach(object, key, value)
    {
        const char *const *name = known;
        (void)value;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name)
            return error_set(err, "\"%s\" is not a known member", key);
    }
    return 0;
}

size_t json_length(const struct json_object *array)
{
    return array ? json_object_array_length(array) : 0;
}

const char *json_text_at(const struct json_object *array, size_t i)
{
    struct json_object *item = json_object_array_get_idx(array, i);
    return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
}
