/*
 * Each table of the configuration, field by field: what is written is what is read. The tables are
 * walked, so that a new field is in this test without a line here.
 */
#include "common/schema.h"

#include <json-c/json.h>
#include <string.h>

#include "common/container_config.h"
#include "tests/unit/check.h"

static const struct schema *const schemas[] = {
    &container_shape_schema,
    &agent_config_schema,
    &process_config_schema,
};

/* What every FIELD_LIST looks like. */
struct items {
    char *items;
    size_t count;
};

/* A copy without checks: values here are of the right type, and mean nothing. */
static struct schema *copy_schema(const struct schema *schema)
{
    struct field *fields = xcalloc(schema->count, sizeof(*fields));
    struct schema *copy = xcalloc(1, sizeof(*copy));
    memcpy(fields, schema->fields, schema->count * sizeof(*fields));
    *copy = (struct schema){.fields = fields, .count = schema->count, .size = schema->size};
    for (size_t i = 0; i < schema->count; i++)
        if (fields[i].schema)
            fields[i].schema = copy_schema(fields[i].schema);
    return copy;
}

static void free_schema(const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->fields[i].schema)
            free_schema(schema->fields[i].schema);
    free((struct field *)schema->fields);
    free((struct schema *)schema);
}

static void fill(const struct schema *schema, char *item, int64_t *number);

static char *some_text(const struct field *f, int64_t number)
{
    if (f->type == FIELD_PATH)
        return xasprintf("/%lld", (long long)number);
    char *text = xasprintf("%lld", (long long)number);
    if (strlen(text) > (size_t)f->max)
        text[f->max] = '\0';
    return text;
}

static void fill_strings(struct strings *list, int64_t number)
{
    strings_addf(list, "%lld", (long long)number);
    strings_add(list, "");
    strings_add(list, "\xff\"\\/\n");
}

static void fill_list(const struct field *f, struct items *list, int64_t *number)
{
    list->items = xcalloc(2, f->schema->size);
    list->count = 2;
    for (size_t i = 0; i < list->count; i++)
        fill(f->schema, list->items + i * f->schema->size, number);
}

static void fill_field(const struct field *f, char *item, int64_t *number)
{
    void *place = item + f->offset;
    int64_t n = ++*number;
    const uint8_t bytes[ENTROPY_SIZE] = {(uint8_t)n, 0, 0xf0, 0x0f};
    if (f->seen)
        *(bool *)(item + f->seen) = true;
    switch (f->type) {
    case FIELD_BOOL:
        *(bool *)place = true;
        break;
    case FIELD_INTEGER:
        *(int64_t *)place = n <= f->max ? n : f->max;
        break;
    case FIELD_TEXT:
    case FIELD_ANY:
    case FIELD_PATH:
        *(char **)place = some_text(f, n);
        break;
    case FIELD_CHOICE:
        *(int *)place = f->names[2] ? 2 : 1;
        break;
    case FIELD_STRINGS:
        fill_strings(place, n);
        break;
    case FIELD_HEX:
        *(struct byte_string *)place = byte_string_of(bytes, f->min > 0 ? (size_t)f->min : 4);
        break;
    case FIELD_OBJECT:
        fill(f->schema, place, number);
        break;
    case FIELD_LIST:
        fill_list(f, place, number);
        break;
    }
}

/* With values that differ, and none of which is that of an empty structure. */
static void fill(const struct schema *schema, char *item, int64_t *number)
{
    for (size_t i = 0; i < schema->count; i++)
        fill_field(&schema->fields[i], item, number);
}

static void check_equal(const struct schema *schema, const char *a, const char *b);

static void check_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a && b)
        assert_string_equal(a, b);
}

static void check_field(const struct field *f, const char *a, const char *b)
{
    const struct byte_string *bytes_a = (const void *)a, *bytes_b = (const void *)b;
    const struct strings *strings_a = (const void *)a, *strings_b = (const void *)b;
    const struct items *items_a = (const void *)a, *items_b = (const void *)b;
    switch (f->type) {
    case FIELD_BOOL:
        assert_true(*a == *b);
        break;
    case FIELD_INTEGER:
        assert_true(*(const int64_t *)(const void *)a == *(const int64_t *)(const void *)b);
        break;
    case FIELD_TEXT:
    case FIELD_ANY:
    case FIELD_PATH:
        check_text(*(char *const *)(const void *)a, *(char *const *)(const void *)b);
        break;
    case FIELD_CHOICE:
        assert_int_equal(*(const int *)(const void *)a, *(const int *)(const void *)b);
        break;
    case FIELD_STRINGS:
        assert_int_equal(strings_a->count, strings_b->count);
        for (size_t i = 0; i < strings_a->count; i++)
            assert_string_equal(strings_a->items[i], strings_b->items[i]);
        break;
    case FIELD_HEX:
        assert_int_equal(bytes_a->length, bytes_b->length);
        if (bytes_a->length > 0)
            assert_memory_equal(bytes_a->bytes, bytes_b->bytes, bytes_a->length);
        break;
    case FIELD_OBJECT:
        check_equal(f->schema, a, b);
        break;
    case FIELD_LIST:
        assert_int_equal(items_a->count, items_b->count);
        for (size_t i = 0; i < items_a->count; i++)
            check_equal(f->schema, items_a->items + i * f->schema->size,
                        items_b->items + i * f->schema->size);
        break;
    }
}

static void check_equal(const struct schema *schema, const char *a, const char *b)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *f = &schema->fields[i];
        check_field(f, a + f->offset, b + f->offset);
        if (f->seen)
            assert_true(a[f->seen] == b[f->seen]);
    }
}

/* A key that the writer leaves out is missing in the text, and not only in both structures. */
static void check_keys(const struct schema *schema, struct json_object *object)
{
    for (size_t i = 0; i < schema->count; i++) {
        struct json_object *value = NULL;
        const struct field *f = &schema->fields[i];
        if (!json_object_object_get_ex(object, f->key, &value))
            fail_msg("'%s' is not written", f->key);
        if (f->type == FIELD_OBJECT)
            check_keys(f->schema, value);
        for (size_t n = 0; f->type == FIELD_LIST && n < json_object_array_length(value); n++)
            check_keys(f->schema, json_object_array_get_idx(value, n));
    }
}

/* Reads the text of item, as a structure of its own, and compares. */
static void check_round(const struct schema *schema, const char *item)
{
    struct error err = ERROR_INIT;
    AUTO_FREE char *text = schema_text(schema, item);
    AUTO_FREE char *again = xcalloc(1, schema->size);
    if (schema_parse(schema, text, strlen(text), again, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    check_equal(schema, item, again);
    schema_free(schema, again);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        int64_t number = 0;
        struct schema *schema = copy_schema(schemas[i]);
        AUTO_FREE char *item = xcalloc(1, schema->size);
        fill(schema, item, &number);
        struct json_object *object = schema_write(schema, item);
        check_keys(schema, object);
        json_object_put(object);
        check_round(schema, item);
        schema_free(schema, item);
        free_schema(schema);
    }
}

/* Each by itself: none needs another one to be written. */
static void one_field_at_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        struct schema *schema = copy_schema(schemas[i]);
        for (size_t n = 0; n < schema->count; n++) {
            int64_t number = 40;
            AUTO_FREE char *item = xcalloc(1, schema->size);
            fill_field(&schema->fields[n], item, &number);
            struct json_object *object = schema_write(schema, item);
            assert_int_equal(json_object_object_length(object), 1);
            json_object_put(object);
            check_round(schema, item);
            schema_free(schema, item);
        }
        free_schema(schema);
    }
}

static void nothing_is_an_empty_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        AUTO_FREE char *item = xcalloc(1, schemas[i]->size);
        AUTO_FREE char *text = schema_text(schemas[i], item);
        assert_string_equal(text, "{}");
    }
}

/* Zero is a value where it is said that the key is there. */
static void zero_that_is_given_is_written(void **state)
{
    (void)state;
    const struct container_shape shape = {.has_device_rules = true, .has_capabilities = true};
    const struct agent_config config = {.cgroup = {.swap_limited = true}};
    const struct process_config process = {.has_no_new_privs = true, .has_rlimits = true};
    AUTO_FREE char *of_shape = container_shape_text(&shape);
    AUTO_FREE char *of_config = agent_config_text(&config);
    AUTO_FREE char *of_process = process_config_text(&process);
    assert_string_equal(of_shape, "{\"device_rules\":[],\"capabilities\":{}}");
    assert_string_equal(of_config, "{\"cgroup\":{\"swap_max\":0}}");
    assert_string_equal(of_process, "{\"no_new_privs\":false,\"rlimits\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(one_field_at_a_time),
        cmocka_unit_test(nothing_is_an_empty_object),
        cmocka_unit_test(zero_that_is_given_is_written),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
