/* vmc info: runs the checks of host/check and prints their findings. */
#include <stdio.h>

#include "common/util.h"
#include "host/base/json.h"
#include "host/check/checks.h"
#include "host/cli/output.h"
#include "host/command/commands.h"

#define NAME_COLUMN 6
#define DETAIL_COLUMN 27

static const char *const result_names[] = {
    [CHECK_OK] = "ok",
    [CHECK_WARN] = "warn",
    [CHECK_FAIL] = "fail",
};

void checks_add(struct checks *checks, const char *name, enum check_result result, char *detail,
                char *advice)
{
    size_t count = checks->count + 1;

    error_sanitize(detail);
    checks->items = xrealloc(checks->items, count, sizeof(*checks->items));
    checks->items[checks->count] = (struct check){xstrdup(name), result, detail, advice};
    checks->count = count;
}

void checks_free(struct checks *checks)
{
    for (size_t i = 0; i < checks->count; i++) {
        free(checks->items[i].name);
        free(checks->items[i].detail);
        free(checks->items[i].advice);
    }
    free(checks->items);
    *checks = (struct checks){0};
}

static size_t count_result(const struct checks *checks, enum check_result result)
{
    size_t count = 0;

    for (size_t i = 0; i < checks->count; i++)
        count += checks->items[i].result == result;
    return count;
}

static void print_text(const struct checks *checks)
{
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->items[i];
        int column = printf("%-*s%s", NAME_COLUMN, result_names[check->result], check->name);

        output_wrapped(check->detail, DETAIL_COLUMN, column);
        if (check->advice) {
            AUTO_FREE char *advice = xasprintf("-> %s", check->advice);

            output_wrapped(advice, DETAIL_COLUMN, 0);
        }
    }
    printf("\n%s\n", count_result(checks, CHECK_FAIL) > 0
                         ? "vmc cannot run on this host yet: see the lines marked 'fail'."
                         : "vmc can run on this host.");
}

static void print_json(const struct checks *checks)
{
    struct json_object *root = json_object_new_object();
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->items[i];
        struct json_object *item = json_object_new_object();

        json_add_string(item, "name", check->name);
        json_add_string(item, "verdict", result_names[check->result]);
        json_add_string(item, "detail", check->detail);
        json_object_object_add(item, "advice",
                               check->advice ? json_object_new_string(check->advice) : NULL);
        json_object_array_add(list, item);
    }
    json_add_string(root, "version", VMC_VERSION);
    json_add_bool(root, "runnable", count_result(checks, CHECK_FAIL) == 0);
    json_object_object_add(root, "checks", list);
    output_json(root);
    json_object_put(root);
}

int cmd_info(const struct request *req, int *ret_status, struct error *err)
{
    struct checks checks = {0};

    check_architectures(&checks);
    check_accelerator(&checks);
    check_host(&checks);
    check_jail(&checks);
    check_uml(&checks);
    check_namespaces(&checks);
    check_network(&checks);
    if (request_has(req, OPTION_JSON))
        print_json(&checks);
    else
        print_text(&checks);
    *ret_status = count_result(&checks, CHECK_FAIL) > 0;
    checks_free(&checks);
    return output_finish(err);
}
