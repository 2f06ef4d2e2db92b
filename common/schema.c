#include "common/schema.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "common/container_config.h"

/* How FIELD_LIST structures look, whatever their items are. */
struct any_list {
    char *items;
    size_t count;
};

/* A string without NUL, *ret_text borrowed from value. */
static int get_text(const char *key, struct json_object *value, const char **ret_text,
                    struct error *err)
{
    if (!json_object_is_type(value, json_type_string))
        return error_set(err, "configuration: %s is not a string", key);
    const char *text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return error_set(err, "configuration: %s has a NUL in it", key);
    *ret_text = text;
    return 0;
}

static int read_text(const struct field *f, struct json_object *value, char **ret,
                     struct error *err)
{
    const char *text;
    if (get_text(f->key, value, &text, err) < 0)
        return -1;
    if (f->type == FIELD_PATH && (text[0] != '/' || strlen(text) >= PATH_MAX))
        return error_set(err, "configuration: %s is not an absolute path", f->key);
    if (f->type == FIELD_TEXT && !text[0])
        return error_set(err, "configuration: %s is empty", f->key);
    if (f->type != FIELD_PATH && strlen(text) > (size_t)f->max)
        return error_set(err, "configuration: %s is longer than %lld bytes", f->key,
                         (long long)f->max);
    free(*ret);
    *ret = xstrdup(text);
    return 0;
}

static int read_integer(const struct field *f, struct json_object *value, int64_t *ret,
                        struct error *err)
{
    if (!json_object_is_type(value, json_type_int))
        return error_set(err, "configuration: %s is not an integer", f->key);
    int64_t number = json_object_get_int64(value);
    if (number < f->min || number > f->max)
        return error_set(err, "configuration: %s is out of range", f->key);
    *ret = number;
    return 0;
}

static int read_choice(const struct field *f, struct json_object *value, int *ret,
                       struct error *err)
{
    const char *text;
    if (get_text(f->key, value, &text, err) < 0)
        return -1;
    for (int i = 0; f->names[i]; i++) {
        if (f->names[i][0] && strcmp(f->names[i], text) == 0) {
            *ret = i;
            return 0;
        }
    }
    return error_set(err, "configuration: unknown %s", f->key);
}

static int read_strings(const struct field *f, struct json_object *value, struct strings *list,
                        struct error *err)
{
    if (!json_object_is_type(value, json_type_array))
        return error_set(err, "configuration: %s is not an array", f->key);
    size_t count = json_object_array_length(value);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        if (get_text(f->key, json_object_array_get_idx(value, i), &text, err) < 0)
            return -1;
        strings_add(list, text);
    }
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

static int read_hex(const struct field *f, struct json_object *value, struct byte_string *ret,
                    struct error *err)
{
    const char *text;
    if (get_text(f->key, value, &text, err) < 0)
        return -1;
    size_t digits = strlen(text);
    if (digits % 2 || digits / 2 < (size_t)f->min || digits / 2 > (size_t)f->max)
        return error_set(err, "configuration: %s has a wrong number of digits", f->key);
    free(ret->bytes);
    *ret = (struct byte_string){.bytes = xcalloc(digits / 2 + 1, 1), .length = digits / 2};
    for (size_t i = 0; i < ret->length; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return error_set(err, "configuration: %s is not hexadecimal", f->key);
        ret->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int read_list(const struct field *f, struct json_object *value, struct any_list *list,
                     struct error *err)
{
    if (!json_object_is_type(value, json_type_array))
        return error_set(err, "configuration: %s is not an array", f->key);
    size_t count = json_object_array_length(value);
    if (count > (size_t)f->max)
        return error_set(err, "configuration: %s has more than %lld entries", f->key,
                         (long long)f->max);
    list->items = xcalloc(count + 1, f->schema->size);
    for (size_t i = 0; i < count; i++) {
        list->count = i + 1;
        if (schema_read(f->schema, f->key, json_object_array_get_idx(value, i),
                        list->items + i * f->schema->size, err) < 0)
            return -1;
    }
    return 0;
}

static int read_field(const struct field *f, struct json_object *value, char *item,
                      struct error *err)
{
    void *place = item + f->offset;
    switch (f->type) {
    case FIELD_BOOL:
        if (!json_object_is_type(value, json_type_boolean))
            return error_set(err, "configuration: %s is not true or false", f->key);
        *(bool *)place = json_object_get_boolean(value);
        return 0;
    case FIELD_INTEGER:
        return read_integer(f, value, place, err);
    case FIELD_TEXT:
    case FIELD_ANY:
    case FIELD_PATH:
        return read_text(f, value, place, err);
    case FIELD_CHOICE:
        return read_choice(f, value, place, err);
    case FIELD_STRINGS:
        return read_strings(f, value, place, err);
    case FIELD_HEX:
        return read_hex(f, value, place, err);
    case FIELD_OBJECT:
        return schema_read(f->schema, f->key, value, place, err);
    case FIELD_LIST:
        return read_list(f, value, place, err);
    }
    abort();
}

int schema_read(const struct schema *schema, const char *name, struct json_object *object,
                void *item, struct error *err)
{
    if (!json_object_is_type(object, json_type_object))
        return error_set(err, "configuration: %s is not a JSON object", name);
    json_object_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (i < schema->count && strcmp(schema->fields[i].key, key) != 0)
            i++;
        if (i == schema->count)
            return error_set(err, "configuration: unknown key '%.100s'", key);
        if (read_field(&schema->fields[i], value, item, err) < 0)
            return -1;
        if (schema->fields[i].seen)
            *(bool *)((char *)item + schema->fields[i].seen) = true;
    }
    return schema->check ? schema->check(item, err) : 0;
}

static void free_list(const struct field *f, struct any_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        schema_free(f->schema, list->items + i * f->schema->size);
    free(list->items);
    *list = (struct any_list){0};
}

void schema_free(const struct schema *schema, void *item)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *f = &schema->fields[i];
        void *place = (char *)item + f->offset;
        switch (f->type) {
        case FIELD_TEXT:
        case FIELD_ANY:
        case FIELD_PATH:
            free(*(char **)place);
            *(char **)place = NULL;
            break;
        case FIELD_STRINGS:
            strings_free(place);
            break;
        case FIELD_HEX:
            free(((struct byte_string *)place)->bytes);
            *(struct byte_string *)place = (struct byte_string){0};
            break;
        case FIELD_OBJECT:
            schema_free(f->schema, place);
            break;
        case FIELD_LIST:
            free_list(f, place);
            break;
        default:
            break;
        }
    }
}
