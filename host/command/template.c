/*
 * vmc template ls and rm. ('vmc template warm' is a run without a workload: command/run.c.)
 */
#include <stdio.h>
#include <time.h>

#include "common/util.h"
#include "host/base/json.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/store/template.h"

#define KEY_COLUMN 12
#define ABOUT_COLUMN 28
#define SIZE_COLUMN 8

/* clang-format off */
static const struct option template_rows[] = {
    {.id = OPTION_ALL, .name = "--all", .letter = 'a', .on = ON_ANY, .layer = BY_VMC,
     .help = "all templates"},
};
/* clang-format on */
const struct option_group template_options = OPTION_GROUP(TITLE_GENERAL, template_rows);

static void print_json(const struct template_list *list)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct template_entry *entry = &list->items[i];
        struct json_object *item = json_object_new_object();
        json_add_string(item, "key", entry->key);
        json_add_string(item, "machine", entry->about);
        json_add_number(item, "memory", (int64_t)entry->memory);
        json_add_number(item, "size", (int64_t)entry->size);
        json_add_number(item, "used", entry->used_ns / NS_PER_S);
        json_add_bool(item, "stale", entry->stale);
        json_object_array_add(array, item);
    }
    output_json(array);
    json_object_put(array);
}

static void print_text(const struct template_list *list)
{
    printf("%-*s %-*s %*s  %s\n", KEY_COLUMN, "KEY", ABOUT_COLUMN, "MACHINE", SIZE_COLUMN, "SIZE",
           "LAST USED");
    for (size_t i = 0; i < list->count; i++) {
        const struct template_entry *entry = &list->items[i];
        time_t used = (time_t)(entry->used_ns / NS_PER_S);
        struct tm local;
        char when[32] = "";
        if (localtime_r(&used, &local))
            strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
        printf("%-*.*s %-*s %*lluM  %s%s\n", KEY_COLUMN, KEY_COLUMN, entry->key, ABOUT_COLUMN,
               entry->about, SIZE_COLUMN - 1, (unsigned long long)(entry->size >> 20), when,
               entry->stale ? " (stale)" : "");
    }
}

int cmd_template_ls(const struct request *req, int *ret_status, struct error *err)
{
    struct template_list list = {0};
    if (template_list(&list, err) < 0)
        return -1;
    if (request_has(req, OPTION_JSON))
        print_json(&list);
    else
        print_text(&list);
    template_list_free(&list);
    *ret_status = 0;
    return output_finish(err);
}

static int remove_one(const char *name, struct error *err)
{
    char key[TEMPLATE_KEY_SIZE];
    if (template_remove(name, key, err) < 0)
        return -1;
    printf("%s\n", key);
    return 0;
}

static int remove_all(struct error *err)
{
    struct template_list list = {0};
    int result = template_list(&list, err);
    for (size_t i = 0; i < list.count && result == 0; i++) {
        result = remove_one(list.items[i].key, err);
    }
    template_list_free(&list);
    return result;
}

int cmd_template_rm(const struct request *req, int *ret_status, struct error *err)
{
    bool all = request_has(req, OPTION_ALL);
    if (all == (req->arg_count > 0))
        return error_set(err, "template rm takes KEY... or --all (see 'vmc template ls')");
    if (all && remove_all(err) < 0)
        return -1;
    for (int i = 0; i < req->arg_count; i++)
        if (remove_one(req->args[i], err) < 0)
            return -1;
    *ret_status = 0;
    return output_finish(err);
}
