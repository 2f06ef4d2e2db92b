#include "host/environment.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>

#include "common/io.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_FILE_MAX (4u << 20)

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

static int add_file(struct json_object *map, const char *path, struct error *err)
{
    AUTO_FREE char *text = NULL;
    if (read_file_at(AT_FDCWD, path, ENV_FILE_MAX, &text, NULL, err) < 0)
        return -1;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        line += strspn(line, " \t");
        if (line[0] != '\0' && line[0] != '#' && add_entry(map, line, err) < 0)
            return error_wrap(err, "%s", path);
    }
    return 0;
}

static int collect(struct json_object *map, const struct request *req, bool tty, struct error *err)
{
    const char *term = getenv("TERM");
    set(map, "PATH", DEFAULT_PATH);
    if (tty)
        set(map, "TERM", term && term[0] ? term : "linux");
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_ENV_FILE, s)))
        if (add_file(map, s->value, err) < 0)
            return error_wrap(err, "--env-file");
    while ((s = request_next(req, OPTION_ENV, s))) {
        AUTO_FREE char *text = xstrdup(s->value);
        if (add_entry(map, text, err) < 0)
            return error_wrap(err, "--env");
    }
    return 0;
}

int environment_resolve(const struct request *req, bool tty, struct strings *ret, struct error *err)
{
    struct json_object *map = json_object_new_object();
    int result = collect(map, req, tty, err);
    if (result == 0) {
        json_object_object_foreach(map, name, value)
            strings_addf(ret, "%s=%s", name, json_object_get_string(value));
    }
    json_object_put(map);
    return result;
}
