#include "guest-agent/config.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

/* The object, its arrays and "root": nothing nests deeper. */
#define CONFIG_DEPTH_MAX 4
/* The kernel's limit, __NEW_UTS_LEN; see sethostname(2). */
#define HOSTNAME_LENGTH_MAX 64
#define USER_LENGTH_MAX 512

struct setting {
    const char *key;
    int (*set)(const char *key, struct json_object *value, struct agent_config *config,
               struct error *err);
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

static int get_bool(const char *key, struct json_object *value, bool *ret_value, struct error *err)
{
    if (!json_object_is_type(value, json_type_boolean))
        return error_set(err, "configuration: %s is not true or false", key);
    *ret_value = json_object_get_boolean(value);
    return 0;
}

static int get_integer(const char *key, struct json_object *value, int64_t max, int64_t *ret_value,
                       struct error *err)
{
    if (!json_object_is_type(value, json_type_int))
        return error_set(err, "configuration: %s is not an integer", key);
    int64_t number = json_object_get_int64(value);
    if (number < 0 || number > max)
        return error_set(err, "configuration: %s is out of range", key);
    *ret_value = number;
    return 0;
}

static int get_strings(const char *key, struct json_object *value, struct strings *list,
                       struct error *err)
{
    if (!json_object_is_type(value, json_type_array))
        return error_set(err, "configuration: %s is not an array", key);
    size_t count = json_object_array_length(value);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        if (get_text(key, json_object_array_get_idx(value, i), &text, err) < 0)
            return -1;
        strings_add(list, text);
    }
    return 0;
}

static int set_args(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    return get_strings(key, value, &config->args, err);
}

static int set_env(const char *key, struct json_object *value, struct agent_config *config,
                   struct error *err)
{
    if (get_strings(key, value, &config->env, err) < 0)
        return -1;
    for (size_t i = 0; i < config->env.count; i++) {
        const char *equals = strchr(config->env.items[i], '=');
        if (!equals || equals == config->env.items[i])
            return error_set(err, "configuration: env entry '%.100s' is not NAME=VALUE",
                             config->env.items[i]);
    }
    return 0;
}

static int set_cwd(const char *key, struct json_object *value, struct agent_config *config,
                   struct error *err)
{
    const char *text;
    if (get_text(key, value, &text, err) < 0)
        return -1;
    if (text[0] != '/' || strlen(text) >= PATH_MAX)
        return error_set(err, "configuration: %s is not an absolute path", key);
    free(config->cwd);
    config->cwd = xstrdup(text);
    return 0;
}

static int set_user(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    const char *text;
    if (get_text(key, value, &text, err) < 0)
        return -1;
    if (!text[0] || strlen(text) > USER_LENGTH_MAX)
        return error_set(err, "configuration: %s is empty or too long", key);
    free(config->user);
    config->user = xstrdup(text);
    return 0;
}

static int set_hostname(const char *key, struct json_object *value, struct agent_config *config,
                        struct error *err)
{
    const char *text;
    if (get_text(key, value, &text, err) < 0)
        return -1;
    if (!text[0] || strlen(text) > HOSTNAME_LENGTH_MAX)
        return error_set(err, "configuration: %s is empty or longer than %d bytes", key,
                         HOSTNAME_LENGTH_MAX);
    free(config->hostname);
    config->hostname = xstrdup(text);
    return 0;
}

static int set_tty(const char *key, struct json_object *value, struct agent_config *config,
                   struct error *err)
{
    return get_bool(key, value, &config->tty, err);
}

static int set_rows(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    int64_t number;
    if (get_integer(key, value, UINT16_MAX, &number, err) < 0)
        return -1;
    config->window.rows = (uint16_t)number;
    return 0;
}

static int set_columns(const char *key, struct json_object *value, struct agent_config *config,
                       struct error *err)
{
    int64_t number;
    if (get_integer(key, value, UINT16_MAX, &number, err) < 0)
        return -1;
    config->window.columns = (uint16_t)number;
    return 0;
}

static int set_time(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    return get_integer(key, value, INT64_MAX, &config->time_ns, err);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

static int set_entropy(const char *key, struct json_object *value, struct agent_config *config,
                       struct error *err)
{
    const char *text;
    if (get_text(key, value, &text, err) < 0)
        return -1;
    if (strlen(text) != 2 * ENTROPY_SIZE)
        return error_set(err, "configuration: %s is not of %d digits", key, 2 * ENTROPY_SIZE);
    for (size_t i = 0; i < ENTROPY_SIZE; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return error_set(err, "configuration: %s is not hexadecimal", key);
        config->entropy[i] = (uint8_t)(high << 4 | low);
    }
    config->has_entropy = true;
    return 0;
}

static int set_debug(const char *key, struct json_object *value, struct agent_config *config,
                     struct error *err)
{
    return get_bool(key, value, &config->debug, err);
}

static int set_upper(const char *key, struct json_object *value, struct agent_config *config,
                     struct error *err)
{
    static const char *const names[] = {
        [UPPER_RAM] = "ram",
        [UPPER_DISK] = "disk",
        [UPPER_HOST] = "host",
        [UPPER_NONE] = "none",
    };
    const char *text;
    if (get_text(key, value, &text, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i] && strcmp(names[i], text) == 0) {
            config->upper = (enum root_upper)i;
            return 0;
        }
    }
    return error_set(err, "configuration: unknown %s", key);
}

static int set_size(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    int64_t number;
    if (get_integer(key, value, INT64_MAX, &number, err) < 0)
        return -1;
    config->upper_size = (uint64_t)number;
    return 0;
}

static int apply(const struct setting *settings, size_t count, struct json_object *object,
                 struct agent_config *config, struct error *err)
{
    json_object_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (i < count && strcmp(settings[i].key, key) != 0)
            i++;
        if (i == count)
            return error_set(err, "configuration: unknown key '%.100s'", key);
        if (settings[i].set(key, value, config, err) < 0)
            return -1;
    }
    return 0;
}

static int set_root(const char *key, struct json_object *value, struct agent_config *config,
                    struct error *err)
{
    static const struct setting settings[] = {{"upper", set_upper}, {"size", set_size}};
    if (!json_object_is_type(value, json_type_object))
        return error_set(err, "configuration: %s is not an object", key);
    if (apply(settings, ARRAY_LEN(settings), value, config, err) < 0)
        return -1;
    if (config->upper == UPPER_STAY)
        return error_set(err, "configuration: %s has no upper", key);
    return 0;
}

static int apply_all(struct json_object *object, struct agent_config *config, struct error *err)
{
    static const struct setting settings[] = {
        {"args", set_args},       {"env", set_env},           {"cwd", set_cwd},
        {"user", set_user},       {"hostname", set_hostname}, {"tty", set_tty},
        {"rows", set_rows},       {"columns", set_columns},   {"time_ns", set_time},
        {"entropy", set_entropy}, {"debug", set_debug},       {"root", set_root},
    };
    if (!json_object_is_type(object, json_type_object))
        return error_set(err, "configuration: not a JSON object");
    if (apply(settings, ARRAY_LEN(settings), object, config, err) < 0)
        return -1;
    if (config->args.count == 0)
        return error_set(err, "configuration: no args");
    if (!config->cwd)
        config->cwd = xstrdup("/");
    return 0;
}

/* NULL with err set when the text is not exactly one JSON value. The caller owns the result. */
static struct json_object *parse_json(const char *json, size_t length, struct error *err)
{
    if (length > CONFIG_SIZE_MAX) {
        error_set(err, "configuration: larger than %u bytes", CONFIG_SIZE_MAX);
        return NULL;
    }
    struct json_tokener *tokener = json_tokener_new_ex(CONFIG_DEPTH_MAX);
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

int agent_config_parse(const char *json, size_t length, struct agent_config *ret_config,
                       struct error *err)
{
    struct json_object *object = parse_json(json, length, err);
    if (!object)
        return -1;
    struct agent_config config = {0};
    int result = apply_all(object, &config, err);
    json_object_put(object);
    if (result < 0)
        agent_config_free(&config);
    else
        *ret_config = config;
    return result;
}

void agent_config_free(struct agent_config *config)
{
    strings_free(&config->args);
    strings_free(&config->env);
    free(config->cwd);
    free(config->user);
    free(config->hostname);
    *config = (struct agent_config){0};
}
