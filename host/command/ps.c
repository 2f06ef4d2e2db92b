/*
 * vmc ps: the containers that run.
 */
#include <stdio.h>
#include <time.h>

#include "common/util.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/store/status.h"

/* clang-format off */
static const struct option ps_rows[] = {
    {.id = OPTION_QUIET, .name = "--quiet", .letter = 'q', .on = ON_ANY, .layer = BY_VMC,
     .help = "print only the ids"},
    {.id = OPTION_ALL, .name = "--all", .letter = 'a', .on = ON_ANY, .layer = BY_VMC,
     .help = "list all, which is what runs: nothing else is kept"},
};
/* clang-format on */
const struct option_group ps_options = OPTION_GROUP(TITLE_GENERAL, ps_rows);

static int64_t age_s(const struct status *s)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = now.tv_sec - s->started_ms / 1000;
    return age > 0 ? age : 0;
}

static void print_json(const struct status_list *list)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++)
        json_object_array_add(array, status_to_json(&list->items[i]));
    output_json(array);
    json_object_put(array);
}

/* Nothing of it is a control character, which would be the terminal's. */
static void print_command(const struct status *s)
{
    AUTO_FREE char *command = strings_join(&s->command, " ");
    error_sanitize(command);
    printf("%-24.24s", command);
}

static void print_age(int64_t s)
{
    char text[32];
    if (s < 120)
        snprintf(text, sizeof(text), "%lld s", (long long)s);
    else if (s < 120 * 60)
        snprintf(text, sizeof(text), "%lld min", (long long)s / 60);
    else
        snprintf(text, sizeof(text), "%lld h", (long long)s / 3600);
    printf(" %-8s", text);
}

static void print_text(const struct status_list *list)
{
    printf("%-13s %-20s %-8s %-24s %-8s %s\n", "CONTAINER ID", "NAME", "BACKEND", "COMMAND", "RUNS",
           "ROOTFS");
    for (size_t i = 0; i < list->count; i++) {
        const struct status *s = &list->items[i];
        printf("%-13s %-20s %-8s ", s->id, s->name ? s->name : "-", s->backend);
        print_command(s);
        print_age(age_s(s));
        printf(" %s\n", s->rootfs);
    }
}

int cmd_ps(const struct request *req, int *ret_status, struct error *err)
{
    struct status_list list;
    *ret_status = 0;
    if (status_list(&list, err) < 0)
        return -1;
    if (request_has(req, OPTION_JSON))
        print_json(&list);
    else if (request_has(req, OPTION_QUIET))
        for (size_t i = 0; i < list.count; i++)
            printf("%s\n", list.items[i].id);
    else
        print_text(&list);
    status_list_free(&list);
    return output_finish(err);
}
