#include "common/schema.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "common/container_config.h"

/* An object, its members, their arrays and the objects in them: nothing nests deeper. */
#define DEPTH_MAX 5

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

static const char hex_digits[] = "0123456789abcdef";

static int hex_value(char c)
{
    const char *found = c ? strchr(hex_digits, c) : NULL;
    return found ? (int)(found - hex_digits) : -1;
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
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
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

/* Without this, a key is not written. An object shows itself what is in it. */
static bool is_given(const struct field *f, const char *item)
{
    const void *place = item + f->offset;
    if (f->seen)
        return *(const bool *)(item + f->seen);
    switch (f->type) {
    case FIELD_BOOL:
        return *(const bool *)place;
    case FIELD_INTEGER:
        return *(const int64_t *)place != 0;
    case FIELD_TEXT:
    case FIELD_ANY:
    case FIELD_PATH:
        return *(char *const *)place != NULL;
    case FIELD_CHOICE:
        return *(const int *)place != 0;
    case FIELD_STRINGS:
        return ((const struct strings *)place)->count > 0;
    case FIELD_HEX:
        return ((const struct byte_string *)place)->length > 0;
    case FIELD_OBJECT:
        return true;
    case FIELD_LIST:
        return ((const struct any_list *)place)->count > 0;
    }
    abort();
}

static struct json_object *write_strings(const struct strings *list)
{
    struct json_object *array = json_object_new_array_ext((int)list->count);
    for (size_t i = 0; i < list->count; i++)
        json_object_array_add(array, json_object_new_string(list->items[i]));
    return array;
}

static struct json_object *write_hex(const struct byte_string *value)
{
    AUTO_FREE char *text = xcalloc(2 * value->length + 1, 1);
    for (size_t i = 0; i < value->length; i++) {
        text[2 * i] = hex_digits[value->bytes[i] >> 4];
        text[2 * i + 1] = hex_digits[value->bytes[i] & 0xf];
    }
    return json_object_new_string(text);
}

static struct json_object *write_list(const struct field *f, const struct any_list *list)
{
    struct json_object *array = json_object_new_array_ext((int)list->count);
    for (size_t i = 0; i < list->count; i++)
        json_object_array_add(array, schema_write(f->schema, list->items + i * f->schema->size));
    return array;
}

static struct json_object *write_field(const struct field *f, const void *place)
{
    switch (f->type) {
    case FIELD_BOOL:
        return json_object_new_boolean(*(const bool *)place);
    case FIELD_INTEGER:
        return json_object_new_int64(*(const int64_t *)place);
    case FIELD_TEXT:
    case FIELD_ANY:
    case FIELD_PATH:
        return json_object_new_string(*(char *const *)place);
    case FIELD_CHOICE:
        return json_object_new_string(f->names[*(const int *)place]);
    case FIELD_STRINGS:
        return write_strings(place);
    case FIELD_HEX:
        return write_hex(place);
    case FIELD_OBJECT:
        return schema_write(f->schema, place);
    case FIELD_LIST:
        return write_list(f, place);
    }
    abort();
}

struct json_object *schema_write(const struct schema *schema, const void *item)
{
    struct json_object *object = json_object_new_object();
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *f = &schema->fields[i];
        if (!is_given(f, item))
            continue;
        struct json_object *value = write_field(f, (const char *)item + f->offset);
        if (f->type == FIELD_OBJECT && !f->seen && json_object_object_length(value) == 0)
            json_object_put(value);
        else
            json_object_object_add(object, f->key, value);
    }
    return object;
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

/* NULL with err set when the text is not exactly one JSON value. The caller owns the result. */
static struct json_object *parse_json(const char *json, size_t length, struct error *err)
{
    if (length > CONFIG_SIZE_MAX) {
        error_set(err, "configuration: larger than %u bytes", CONFIG_SIZE_MAX);
        return NULL;
    }
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /*
     * json-c's own choice is a hash with a random key, for which it waits in getrandom(2): that
     * is 300 ms at this point of an emulated boot. The host's keys need no such defence.
     */
    json_global_set_string_hash(JSON_C_STR_HASH_PERLLIKE);
    struct json_object *object = json_tokener_parse_ex(tokener, json, (int)length);
    enum json_tokener_error problem = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (problem == json_tokener_success && end == length && object)
        return object;
    json_object_put(object);
    error_set(err, "configuration: byte %zu: %s", end,
              problem != json_tokener_success ? json_tokener_error_desc(problem)
                                              : "not one JSON object");
    return NULL;
}

int schema_parse(const struct schema *schema, const char *json, size_t length, void *item,
                 struct error *err)
{
    struct json_object *object = parse_json(json, length, err);
    if (!object)
        return -1;
    int result = schema_read(schema, "the text", object, item, err);
    json_object_put(object);
    if (result < 0)
        schema_free(schema, item);
    return result;
}

char *schema_text(const struct schema *schema, const void *item)
{
    struct json_object *object = schema_write(schema, item);
    char *text = xstrdup(json_object_to_json_string_ext(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
    return text;
}
