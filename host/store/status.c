#include "host/store/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/schema.h"
#include "common/util.h"
#include "host/base/lock.h"
#include "host/base/object_name.h"

#define FILE_NAME "state.json"
#define FILE_NEW "state.json.new"
#define LOCK_PATIENCE_NS (10 * NS_PER_S)
#define FILE_SIZE_MAX (4u << 20) /* a command line is at most 2 MiB, ARG_MAX */

/* As state.json has it. A key that this vmc does not know is another version's. */
static const struct field status_fields[] = {
    {"id", FIELD_TEXT, SCHEMA_AT(struct status, id), .max = OBJECT_NAME_MAX},
    {"name", FIELD_TEXT, SCHEMA_AT(struct status, name), .max = OBJECT_NAME_MAX},
    {"backend", FIELD_TEXT, SCHEMA_AT(struct status, backend), .max = OBJECT_NAME_MAX},
    {"rootfs", FIELD_TEXT, SCHEMA_AT(struct status, rootfs), .max = PATH_MAX},
    {"command", FIELD_STRINGS, SCHEMA_AT(struct status, command)},
    {"pid", FIELD_INTEGER, SCHEMA_AT(struct status, pid), .max = INT32_MAX},
    {"started_ms", FIELD_INTEGER, SCHEMA_AT(struct status, started_ms), .max = INT64_MAX},
};

static int check_status(void *item, struct error *err)
{
    const struct status *s = item;
    return s->id && s->backend && s->rootfs ? 0 : error_set(err, "a member is missing");
}

static const struct schema status_schema = SCHEMA(struct status, status_fields, check_status);

void status_free(struct status *s)
{
    schema_free(&status_schema, s);
    *s = (struct status){0};
}

struct json_object *status_to_json(const struct status *s)
{
    return schema_write(&status_schema, s);
}

void status_list_free(struct status_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        status_free(&list->items[i]);
    free(list->items);
    *list = (struct status_list){0};
}

/* ---- writing ---- */

static int write_text(int dir, const char *text, struct error *err)
{
    AUTO_CLOSE int fd =
        openat(dir, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
        return error_errno(err, "cannot write " FILE_NAME);
    return renameat(dir, FILE_NEW, dir, FILE_NAME) < 0 ? error_errno(err, "cannot write " FILE_NAME)
                                                       : 0;
}

/* ---- reading: the file is the caller's own, and may be cut off all the same ---- */

/* False: there is none, or none that can be read. */
static bool read_status(int dir, struct status *ret)
{
    struct error err = ERROR_INIT;
    struct stat st;
    AUTO_FREE char *text = NULL;
    size_t length;
    /* Of a fifo nothing would ever come. */
    return fstatat(dir, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           read_file_at(dir, FILE_NAME, FILE_SIZE_MAX, &text, &length, &err) == 0 &&
           schema_parse(&status_schema, text, length, ret, &err) == 0;
}

/* Whoever waits for its lock would be in the way of a start: but a start has no state.json yet. */
bool status_await_end(int dir, int64_t deadline)
{
    if (lock_within(dir, LOCK_SH, deadline) < 0)
        return errno != EWOULDBLOCK;
    flock(dir, LOCK_UN);
    return true;
}

static void add_one(int base, const char *name, struct status_list *ret)
{
    struct status status = {0};
    AUTO_CLOSE int dir = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || !read_status(dir, &status))
        return;
    if (status_await_end(dir, 0) || strcmp(status.id, name) != 0) {
        status_free(&status);
        return;
    }
    ret->items = xrealloc(ret->items, ret->count + 1, sizeof(*ret->items));
    ret->items[ret->count++] = status;
}

static int compare(const void *a, const void *b)
{
    const struct status *first = a, *second = b;
    return first->started_ms < second->started_ms   ? 1
           : first->started_ms > second->started_ms ? -1
                                                    : 0;
}

static int list_base(int base, struct status_list *ret, struct error *err)
{
    int fd = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    *ret = (struct status_list){0};
    if (!dir)
        return error_errno(err, "cannot list the containers");
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            add_one(base, entry->d_name, ret);
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare);
    return 0;
}

int status_list(struct status_list *ret, struct error *err)
{
    struct container base = CONTAINER_INIT;
    *ret = (struct status_list){0};
    int result = state_open_base(&base, err);
    if (result == 0)
        result = list_base(base.base_fd, ret, err);
    state_close_base(&base);
    return result;
}

/* A name counts before an id that begins like it. -1: none; -2: several. */
static int find(const struct status_list *list, const char *word)
{
    int found = -1;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].name && strcmp(list->items[i].name, word) == 0)
            return (int)i;
    for (size_t i = 0; word[0] && i < list->count; i++)
        if (strncmp(list->items[i].id, word, strlen(word)) == 0)
            found = found == -1 ? (int)i : -2;
    return found;
}

static int open_directory(const char *id, int *ret_dir, struct error *err)
{
    struct container base = CONTAINER_INIT;
    if (state_open_base(&base, err) < 0)
        return -1;
    *ret_dir = openat(base.base_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = *ret_dir < 0 ? error_errno(err, "container %s", id) : 0;
    state_close_base(&base);
    return result;
}

int status_find(const char *word, struct status *ret, int *ret_dir, struct error *err)
{
    struct status_list list;
    *ret = (struct status){0};
    *ret_dir = -1;
    if (status_list(&list, err) < 0)
        return -1;
    int found = find(&list, word);
    int result = found == -1 ? error_set(err, "no container '%s' runs ('vmc ps' lists them)", word)
                 : found == -2 ? error_set(err, "'%s' begins the ids of several containers", word)
                               : open_directory(list.items[found].id, ret_dir, err);
    if (result == 0) {
        *ret = list.items[found];
        list.items[found] = (struct status){0};
    }
    status_list_free(&list);
    return result;
}

static int check_name(int base, const struct status *status, struct error *err)
{
    struct status_list list = {0};
    int result = status->name ? list_base(base, &list, err) : 0;
    for (size_t i = 0; result == 0 && i < list.count; i++)
        if (list.items[i].name && strcmp(list.items[i].name, status->name) == 0)
            result = error_set(err, "the name %s is in use by container %s, which runs",
                               status->name, list.items[i].id);
    status_list_free(&list);
    return result;
}

static int write_status(const struct container *c, const struct status *status, struct error *err)
{
    AUTO_FREE char *text = schema_text(&status_schema, status);
    return write_text(c->dir_fd, text, err) < 0 ? error_wrap(err, "%s", c->dir) : 0;
}

int status_write(const struct container *c, const struct status *status, struct error *err)
{
    if (!status->name)
        return write_status(c, status, err);
    /* Of two that start with one name, the second sees the first. */
    if (lock_within(c->base_fd, LOCK_EX, now_ns() + LOCK_PATIENCE_NS) < 0)
        return error_errno(err, "cannot lock %s", c->base);
    int result = check_name(c->base_fd, status, err);
    if (result == 0)
        result = write_status(c, status, err);
    flock(c->base_fd, LOCK_UN);
    return result;
}
