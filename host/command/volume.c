/*
 * vmc volume create, ls and rm.
 */
#include <stdio.h>

#include "common/util.h"
#include "host/base/directories.h"
#include "host/base/json.h"
#include "host/base/object_name.h"
#include "host/base/userns.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/store/volume.h"

#define NAME_COLUMN 20
#define STATE_COLUMN 10

int cmd_volume_create(const struct request *req, int *ret_status, struct error *err)
{
    AUTO_FREE char *data = data_directory();
    for (int i = 0; i < req->arg_count; i++)
        if (object_name_check("the volume", req->args[i], err) < 0)
            return -1;
    for (int i = 0; i < req->arg_count; i++) {
        AUTO_CLOSE int dir = -1;
        AUTO_CLOSE int lock = -1;
        if (named_volume_use(data, req->args[i], &dir, &lock, err) < 0)
            return -1;
    }
    output_lines(req->args, req->arg_count);
    *ret_status = 0;
    return output_finish(err);
}

static void print_json(const struct named_volume_list *list)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct named_volume *volume = &list->items[i];
        struct json_object *item = json_object_new_object();
        json_add_string(item, "name", volume->name);
        json_add_bool(item, "in_use", volume->in_use);
        json_add_string(item, "path", volume->path);
        json_object_array_add(array, item);
    }
    output_json(array);
    json_object_put(array);
}

static void print_text(const struct named_volume_list *list)
{
    printf("%-*s %-*s %s\n", NAME_COLUMN, "NAME", STATE_COLUMN, "STATE", "DIRECTORY");
    for (size_t i = 0; i < list->count; i++)
        printf("%-*s %-*s %s\n", NAME_COLUMN, list->items[i].name, STATE_COLUMN,
               list->items[i].in_use ? "in use" : "unused", list->items[i].path);
}

int cmd_volume_ls(const struct request *req, int *ret_status, struct error *err)
{
    AUTO_FREE char *data = data_directory();
    struct named_volume_list list = {0};
    int result = named_volume_list(data, &list, err);
    if (result == 0 && request_has(req, OPTION_JSON))
        print_json(&list);
    else if (result == 0)
        print_text(&list);
    named_volume_list_free(&list);
    *ret_status = 0;
    return result < 0 ? -1 : output_finish(err);
}

int cmd_volume_rm(const struct request *req, int *ret_status, struct error *err)
{
    AUTO_FREE char *data = data_directory();
    /* An ordinary user's volumes hold files with the ids of the user's containers. */
    if (geteuid() != 0 && namespaces_enter(true, err) < 0)
        return -1;
    if (named_volume_remove(data, req->args, (size_t)req->arg_count, err) < 0)
        return -1;
    output_lines(req->args, req->arg_count);
    *ret_status = 0;
    return output_finish(err);
}
