#include "host/base/mount_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/util.h"

#define TABLE_MAX (16u << 20)

/* Undoes the octal escapes of mountinfo (space, tab, newline, backslash) in place. */
static void unescape(char *text)
{
    char *out = text;
    for (char *in = text; *in; out++) {
        unsigned code;
        if (in[0] == '\\' && sscanf(in, "\\%3o", &code) == 1) {
            *out = (char)code;
            in += 4;
        } else {
            *out = *in++;
        }
    }
    *out = '\0';
}

static void add(struct mount_table *table, const char *path, const char *type)
{
    table->items = xrealloc(table->items, table->count + 1, sizeof(*table->items));
    table->items[table->count++] = (struct mount_entry){xstrdup(path), xstrdup(type)};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct mount_entry *)a)->path, ((const struct mount_entry *)b)->path);
}

int mount_table_below(const char *path, struct mount_table *ret, struct error *err)
{
    /* mountinfo names mounts by their real path. */
    AUTO_FREE char *top = realpath(path, NULL);
    AUTO_FREE char *text = NULL;
    if (!top)
        return error_errno(err, "cannot resolve %s", path);
    if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", TABLE_MAX, &text, NULL, err) < 0)
        return -1;
    size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        char place[4096], type[64];
        const char *tail = strstr(line, " - ");
        if (!tail || sscanf(tail, " - %63s", type) != 1 ||
            sscanf(line, "%*d %*d %*s %*s %4095s", place) != 1)
            continue;
        unescape(place);
        if (strncmp(place, top, length) == 0 && place[length] == '/' && place[length + 1])
            add(ret, place, type);
    }
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare);
    return 0;
}

void mount_table_free(struct mount_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->items[i].path);
        free(table->items[i].type);
    }
    free(table->items);
    *table = (struct mount_table){0};
}

int mount_cover(const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return 0;
    if (mount("vmc-cover", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k,mode=755") < 0)
        return error_errno(err, "cannot cover the file system mounted at %s", path);
    return 0;
}

bool mount_type_is_kernel(const char *type)
{
    static const char *const types[] = {
        "autofs",     "binfmt_misc", "bpf",      "cgroup",   "cgroup2", "configfs",
        "debugfs",    "devpts",      "devtmpfs", "efivarfs", "fusectl", "mqueue",
        "nfsd",       "nsfs",        "proc",     "pstore",   "resctrl", "rpc_pipefs",
        "securityfs", "selinuxfs",   "smackfs",  "sysfs",    "tracefs",
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}
