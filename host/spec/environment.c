#include "host/spec/environment.h"

#include <ctype.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "host/spec/options.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_FILE_MAX (4u << 20)
/* One string of execve(2) without its NUL: MAX_ARG_STRLEN. */
#define VARIABLE_MAX (128 * 1024 - 1)
#define BLANKS " \t\v\f\r"

/* clang-format off */
static const struct option environment_rows[] = {
    {.id = OPTION_ENV, .name = "--env", .letter = 'e', .metavar = "NAME[=VALUE]", .on = ON_ALL, .layer = BY_VMC,
     .help = "set an environment variable; a bare NAME takes the caller's value",
     .manual = "The workload gets only the variables set here and in the files of --env-file, plus PATH, HOME and, "
         "with a terminal, TERM. A bare NAME is left out if the caller has no such variable.",
     .repeatable = true},
    {.id = OPTION_ENV_FILE, .name = "--env-file", .metavar = "FILE", .on = ON_ALL, .layer = BY_VMC,
     .help = "read environment variables from FILE",
     .manual = "One NAME=VALUE or NAME per line, as for --env; empty lines and lines that start with # are skipped, "
         "and quotes are part of the value, which ends with the line. Any other line is refused. --env overrides a "
         "file.",
     .repeatable = true},
};
/* clang-format on */
const struct option_group environment_options = OPTION_GROUP(TITLE_WORKLOAD, environment_rows);

/* A json-c object serves as the map: hashed, and it keeps the order of insertion. */
static void set(struct json_object *map, const char *name, const char *value)
{
    json_object_object_add(map, name, json_object_new_string(value));
}

/* One NAME=VALUE or NAME, as docker reads it. text is changed. */
static int add_entry(struct json_object *map, char *text, struct error *err)
{
    char *value = strchr(text, '=');
    if (text[0] == '\0' || value == text)
        return error_set(err, "'%s' has no variable name", text);
    if (value) {
        *value = '\0';
        set(map, text, value + 1);
        return 0;
    }
    const char *inherited = getenv(text);
    if (inherited)
        set(map, text, inherited);
    return 0;
}

/* A word that a shell would take for a variable. */
static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalpha((unsigned char)*c) && *c != '_' && !(c > text && isdigit((unsigned char)*c)))
            return false;
    return text[0] != '\0';
}

/*
 * A line of a file, as docker reads it: white space before the name goes, one in it is an error,
 * the value is everything behind the first '='. What is neither is refused, where docker drops it.
 */
static int add_line(struct json_object *map, char *line, struct error *err)
{
    size_t length = strlen(line);
    if (length > VARIABLE_MAX)
        return error_set(err, "the line has %zu bytes; a variable has at most %d", length,
                         VARIABLE_MAX);
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    line += strspn(line, BLANKS);
    if (line[0] == '\0' || line[0] == '#')
        return 0;
    size_t name = strcspn(line, "=");
    if (strcspn(line, BLANKS) < name)
        return error_set(err, "'%.*s' is not the name of a variable: it has white space in it%s",
                         (int)name, line,
                         strncmp(line, "export ", 7) == 0 ? " (leave out 'export')" : "");
    if (!line[name] && !is_name(line) && !getenv(line))
        return error_set(err, "'%s' is neither NAME=VALUE nor the name of a variable", line);
    return add_entry(map, line, err);
}

static int add_file(struct json_object *map, const char *path, struct error *err)
{
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, path, ENV_FILE_MAX, &text, NULL, err) < 0)
        return -1;
    char *rest = text, *line;
    for (unsigned number = 1; (line = strsep(&rest, "\n")); number++)
        if (add_line(map, line, err) < 0)
            return error_wrap(err, "%s:%u", path, number);
    return 0;
}

static int collect(struct json_object *map, const struct request *req, bool tty, struct error *err)
{
    const char *term = getenv("TERM");
    if (tty)
        set(map, "TERM", term && term[0] ? term : "linux");
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_ENV_FILE, s)))
        if (add_file(map, s->value, err) < 0)
            return error_wrap(err, "%s", s->origin);
    while ((s = request_next(req, OPTION_ENV, s))) {
        AUTO_FREE char *text = xstrdup(s->value);
        if (add_entry(map, text, err) < 0)
            return error_wrap(err, "%s", s->origin);
    }
    return 0;
}

/* Frees the map. */
static void take_entries(struct json_object *map, struct strings *ret)
{
    json_object_object_foreach(map, name, value)
        strings_addf(ret, "%s=%s", name, json_object_get_string(value));
    json_object_put(map);
}

int environment_given(const struct request *req, bool tty, struct strings *ret, struct error *err)
{
    struct json_object *map = json_object_new_object();
    int result = collect(map, req, tty, err);
    take_entries(map, ret);
    return result;
}

int environment_resolve(const struct request *req, bool tty, struct strings *ret, struct error *err)
{
    struct json_object *map = json_object_new_object();
    set(map, "PATH", DEFAULT_PATH);
    int result = collect(map, req, tty, err);
    take_entries(map, ret);
    return result;
}

static void set_all(struct json_object *map, const struct strings *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        size_t length = strcspn(entries->items[i], "=");
        AUTO_FREE char *name = xasprintf("%.*s", (int)length, entries->items[i]);
        set(map, name, entries->items[i] + length + (entries->items[i][length] == '='));
    }
}

void environment_merge(struct strings *env, const struct strings *more)
{
    struct json_object *map = json_object_new_object();
    set_all(map, env);
    set_all(map, more);
    strings_free(env);
    take_entries(map, env);
}
