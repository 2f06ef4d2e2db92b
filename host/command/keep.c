/*
 * vmc keep ls and rm.
 */
#include <stdio.h>

#include "common/util.h"
#include "host/base/directories.h"
#include "host/base/json.h"
#include "host/cli/output.h"
#include "host/command/commands.h"
#include "host/store/kept_upper.h"

static void print_json(const struct kept_upper_list *list)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct kept_upper *kept = &list->items[i];
        struct json_object *item = json_object_new_object();
        json_add_string(item, "name", kept->name);
        json_add_bool(item, "in_use", kept->in_use);
        json_add_number(item, "size", (int64_t)kept->size);
        json_add_number(item, "used", (int64_t)kept->used);
        json_add_string(item, "rootfs", kept->rootfs);
        json_object_array_add(array, item);
    }
    output_json(array);
    json_object_put(array);
}

static void print_text(const struct kept_upper_list *list)
{
    printf("%-20s %-10s %8s %8s  %s\n", "NAME", "STATE", "SIZE", "USED", "ROOTFS");
    for (size_t i = 0; i < list->count; i++) {
        const struct kept_upper *kept = &list->items[i];
        printf("%-20s %-10s %7llum %7llum  %s\n", kept->name, kept->in_use ? "in use" : "unused",
               (unsigned long long)kept->size >> 20, (unsigned long long)kept->used >> 20,
               kept->rootfs);
    }
}

int cmd_keep_ls(const struct request *req, int *ret_status, struct error *err)
{
    AUTO_FREE char *data = data_directory();
    struct kept_upper_list list = {0};
    int result = kept_upper_list(data, &list, err);
    if (result == 0 && request_has(req, OPTION_JSON))
        print_json(&list);
    else if (result == 0)
        print_text(&list);
    kept_upper_list_free(&list);
    *ret_status = 0;
    return result < 0 ? -1 : output_finish(err);
}

int cmd_keep_rm(const struct request *req, int *ret_status, struct error *err)
{
    AUTO_FREE char *data = data_directory();
    if (kept_upper_remove(data, req->args, (size_t)req->arg_count, err) < 0)
        return -1;
    output_lines(req->args, req->arg_count);
    *ret_status = 0;
    return output_finish(err);
}
