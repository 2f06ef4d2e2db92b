#include "host/command/explain.h"

#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "host/base/json.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/run/resolve.h"
#include "host/spec/backend.h"
#include "host/spec/spec.h"

#define SETTING_WIDTH 38

/* clang-format off */
static const struct option explain_rows[] = {
    {.id = OPTION_EXPLAIN, .name = "--explain", .on = ON_ANY, .layer = BY_VMC,
     .help = "show which layer enforces each setting, and do not run",
     .manual = "Defaults are included. With --json, as JSON."},
};
/* clang-format on */
const struct option_group explain_options = OPTION_GROUP(TITLE_DIAGNOSTICS, explain_rows);

static bool is_about_explaining(const struct option *option)
{
    return option->id == OPTION_EXPLAIN || option->id == OPTION_JSON;
}

/* Another spelling has the same texts as the row that is shown. */
static const char *help_of(const struct option *option)
{
    return option->hidden ? option_by_id(option->id)->help : option->help;
}

/* A setting, and the layer that enforces it in this run. */
struct explained {
    const struct option *option;
    const char *value;
    const char *layer;
    bool is_default;
};

static void print(const struct explained *e)
{
    AUTO_FREE char *setting =
        xasprintf("%s%s%s", e->option->name, e->value[0] ? " " : "", e->value);
    printf("%-*s  %s%s\n", SETTING_WIDTH, setting, e->layer, e->is_default ? " (default)" : "");
}

static void add(struct json_object *list, const struct explained *e)
{
    struct json_object *entry = json_object_new_object();
    json_add_string(entry, "option", e->option->name + strlen("--"));
    if (e->option->metavar)
        json_add_string(entry, "value", e->value);
    json_add_string(entry, "layer", e->layer);
    json_add_bool(entry, "default", e->is_default);
    json_add_string(entry, "help", help_of(e->option));
    json_object_array_add(list, entry);
}

/* list: NULL to print. */
static void show(const struct backend_spec *backend, struct json_object *list,
                 const struct option *option, const char *value, bool is_default)
{
    const char *layer = backend->layer(option->id);
    const struct explained e = {option, value, layer ? layer : option->layer, is_default};
    if (list)
        add(list, &e);
    else
        print(&e);
}

/* *ret_backend: what the run would be on. */
static int check(const struct request *req, const struct backend_spec **ret_backend,
                 struct error *err)
{
    struct vm_spec spec = {0};
    struct seccomp_filter filter = {0};
    int result = run_resolve(req, &spec, err);
    *ret_backend = backend_spec_of(spec.backend);
    if (result == 0)
        result = container_compile_seccomp(&spec.container, spec.arch->seccomp, &filter, err);
    seccomp_filter_free(&filter);
    spec_free(&spec);
    return result;
}

int explain(const struct request *req, struct error *err)
{
    const struct backend_spec *backend;
    if (check(req, &backend, err) < 0)
        return -1;
    struct json_object *list = request_has(req, OPTION_JSON) ? json_object_new_array() : NULL;
    for (size_t i = 0; i < req->setting_count; i++) {
        const struct setting *s = &req->settings[i];
        bool counts = s->option->repeatable || s->value == request_value(req, s->option->id);
        if (counts && !is_about_explaining(s->option))
            show(backend, list, s->option, s->value, false);
    }
    /* A preference has chosen it. */
    if (backend != backend_spec_find(req))
        show(backend, list, option_by_id(backend->option), "", true);
    const struct option *option;
    for (struct option_cursor at = {0}; (option = command_next_option(req->command, &at));)
        if (option->default_value && (option->on & backend->on) && !request_has(req, option->id))
            show(backend, list, option, option->default_value, true);
    if (list) {
        output_json(list);
        json_object_put(list);
    }
    return output_finish(err);
}
