#include "host/spec/volumes.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/util.h"
#include "host/base/object_name.h"
#include "host/base/paths.h"
#include "host/spec/mount_option.h"
#include "host/spec/mounts.h"
#include "host/spec/options.h"

static const char *const cache_names[VOLUME_CACHE_COUNT] = {
    [VOLUME_CACHE_NONE] = "none",
    [VOLUME_CACHE_MMAP] = "mmap",
    [VOLUME_CACHE_LOOSE] = "loose",
};

#define OPTIONS_TEXT "ro, rw or cache=none|mmap|loose"
#define COLON_HINT "; a path with a colon in it is for --mount type=bind,src=PATH,dst=PATH"

/* clang-format off */
static const struct option volume_rows[] = {
    {.id = OPTION_VOLUME, .name = "--volume", .letter = 'v', .metavar = "SRC[:DST][:OPTIONS]", .part = PART_CONTENT,
     .on = ON_ALL, .layer = BY_HOST,
     .help = "show SRC, a file or directory of this host or a named volume, at DST",
     .manual = "SRC with a slash is a path on this host, which must exist; without one it is the name of a volume, "
         "which is made on first use (see 'vmc volume'). DST is absolute and is made in the container if missing; "
         "without it a path is shown at the same path. OPTIONS, separated by commas: ro, rw (default), cache=none "
         "(default: host and guest see each other's writes at once), cache=mmap (for programs that write to shared "
         "memory maps), cache=loose (fastest; only if nothing else changes SRC).",
     .repeatable = true},
    {.id = OPTION_VOLUME, .name = "--bind", .letter = 'b', .metavar = "SRC[:DST][:OPTIONS]", .part = PART_CONTENT,
     .on = ON_ALL, .layer = BY_HOST,
     .repeatable = true, .hidden = true},
};
/* clang-format on */
const struct option_group volume_options = OPTION_GROUP(TITLE_ROOTFS, volume_rows);

const char *volume_cache_name(enum volume_cache cache)
{
    return cache_names[cache];
}

const char *volume_tag(enum volume_cache cache)
{
    static const char *const tags[VOLUME_CACHE_COUNT] = {
        [VOLUME_CACHE_NONE] = "vmc-volumes-none",
        [VOLUME_CACHE_MMAP] = "vmc-volumes-mmap",
        [VOLUME_CACHE_LOOSE] = "vmc-volumes-loose",
    };
    return tags[cache];
}

/* ---- one volume ---- */

/* What is given, to tell a second time from the first. */
struct options {
    bool access, cache;
};

static int parse_option(const char *option, struct volume_spec *volume, struct options *seen,
                        struct error *err)
{
    bool access = strcmp(option, "ro") == 0 || strcmp(option, "rw") == 0;
    bool cache = strncmp(option, "cache=", strlen("cache=")) == 0;
    if ((access && seen->access) || (cache && seen->cache))
        return error_set(err, "'%s' repeats or contradicts an earlier option", option);
    if (access) {
        volume->read_only = strcmp(option, "ro") == 0;
        seen->access = true;
        return 0;
    }
    for (size_t i = 0; cache && i < ARRAY_LEN(cache_names); i++) {
        if (strcmp(option + strlen("cache="), cache_names[i]) == 0) {
            volume->cache = (enum volume_cache)i;
            seen->cache = true;
            return 0;
        }
    }
    if (strcasecmp(option, "z") == 0)
        return error_set(err, "'%s': files get no SELinux label; leave it out", option);
    return error_set(err, "option '%s': it must be " OPTIONS_TEXT, option);
}

static int parse_options(const char *text, struct volume_spec *volume, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(text);
    struct options seen = {0};
    char *rest = copy, *option;
    while ((option = strsep(&rest, ",")))
        if (parse_option(option, volume, &seen, err) < 0)
            return -1;
    return 0;
}

/* Places that are the guest's own: what is mounted there would be hidden, or hide a device. */
static int check_target(const char *target, struct error *err)
{
    static const char *const kernels[] = {"/proc", "/sys"};
    if (strcmp(target, "/") == 0)
        return error_set(err, "a volume cannot be the container's /; that is what --rootfs names");
    for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
        if (path_is_below(target, kernels[i]))
            return error_set(err, "no volume can be in %s, which belongs to the guest's kernel",
                             target);
    if (strcmp(target, "/dev") == 0)
        return error_set(err, "a volume cannot be /dev, where the guest has its own devices");
    if (strlen(target) >= PATH_MAX)
        return error_set(err, "the path in the container is too long");
    return 0;
}

/*
 * Without a slash it is a name, as docker reads it; "." and ".." are directories all the same.
 * *ret_target: where a path goes without a DST: to the same path, as with minc --bind.
 */
static int parse_source(const char *source, const char *cwd, struct volume_spec *volume,
                        char **ret_target, struct error *err)
{
    if (!source[0])
        return error_set(err, "there is no source before the first colon");
    volume->source = xstrdup(source);
    volume->named = !strchr(source, '/') && strcmp(source, ".") != 0 && strcmp(source, "..") != 0;
    if (volume->named)
        return object_name_check("the volume", source, err);
    AUTO_FREE char *whole = source[0] == '/' ? xstrdup(source) : xasprintf("%s/%s", cwd, source);
    *ret_target = path_clean(whole);
    return 0;
}

/* fields[0] is SRC; the others are DST, OPTIONS or both. */
static int parse_fields(char *const *fields, size_t count, const char *cwd,
                        struct volume_spec *volume, struct error *err)
{
    AUTO_FREE char *same = NULL;
    if (parse_source(fields[0], cwd, volume, &same, err) < 0)
        return -1;
    bool has_target = count > 1 && (count > 2 || fields[1][0] == '/');
    const char *options = count > 2 ? fields[2] : count > 1 && !has_target ? fields[1] : NULL;
    if (has_target && fields[1][0] != '/')
        return error_set(err, "'%s' is not an absolute path in the container" COLON_HINT,
                         fields[1]);
    if (options && parse_options(options, volume, err) < 0)
        return has_target ? -1
                          : error_set(err,
                                      "'%s' is neither an absolute path in the container "
                                      "nor of " OPTIONS_TEXT COLON_HINT,
                                      options);
    if (!has_target && volume->named)
        return error_set(err,
                         "a named volume needs a place in the container, %s:DIR (a file or "
                         "directory here is ./%s)",
                         fields[0], fields[0]);
    volume->target = has_target ? path_clean(fields[1]) : xstrdup(same);
    return check_target(volume->target, err);
}

static int add_volume(const struct setting *s, char *const *fields, size_t count, const char *cwd,
                      struct volume_list *list, struct error *err)
{
    if (list->count == VOLUMES_MAX)
        return error_set(err, "%s: more than %d volumes", s->origin, VOLUMES_MAX);
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    struct volume_spec *volume = &list->items[list->count++];
    *volume = (struct volume_spec){.origin = xstrdup(s->origin)};
    if (parse_fields(fields, count, cwd, volume, err) < 0)
        return error_wrap(err, "%s %s", s->origin, s->value);
    return 0;
}

int volume_parse(const struct setting *s, const char *cwd, struct volume_list *list,
                 struct error *err)
{
    AUTO_FREE char *copy = xstrdup(s->value);
    char *rest = copy, *fields[3] = {0};
    size_t count = 0;
    while (rest && count < ARRAY_LEN(fields))
        fields[count++] = strsep(&rest, ":");
    if (rest)
        return error_set(err, "%s %s: it must be SRC[:DST][:OPTIONS]" COLON_HINT, s->origin,
                         s->value);
    return add_volume(s, fields, count, cwd, list, err);
}

/* --mount with a directory or a named volume; a tmpfs is host/spec/mounts.h's. */
static int add_mount(const struct setting *s, const char *cwd, struct volume_list *list,
                     struct error *err)
{
    struct mount_option_spec mount;
    int result = mount_option_parse(s, &mount, err);
    char *const fields[] = {mount.source, mount.target, mount.options};
    if (result == 0 && mount.type != MOUNT_OPTION_TMPFS)
        result = add_volume(s, fields, mount.options ? 3 : 2, cwd, list, err);
    mount_option_free(&mount);
    return result;
}

/* ---- all volumes ---- */

/* What lies in a directory comes after it: its path is longer. */
static int compare(const void *a, const void *b)
{
    return strcmp(((const struct volume_spec *)a)->target, ((const struct volume_spec *)b)->target);
}

int volume_list_resolve(const struct request *req, struct volume_list *ret, struct error *err)
{
    const struct setting *s = NULL;
    AUTO_FREE char *cwd = getcwd(NULL, 0);
    while ((s = request_next(req, OPTION_VOLUME, s)))
        if (volume_parse(s, cwd ? cwd : "/", ret, err) < 0)
            return -1;
    while ((s = request_next(req, OPTION_MOUNT, s)))
        if (add_mount(s, cwd ? cwd : "/", ret, err) < 0)
            return -1;
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare);
    for (size_t i = 1; i < ret->count; i++)
        if (strcmp(ret->items[i - 1].target, ret->items[i].target) == 0)
            return error_set(err, "--volume: %s and %s are both to be %s in the container",
                             ret->items[i - 1].source, ret->items[i].source, ret->items[i].target);
    return 0;
}

void volume_list_free(struct volume_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].origin);
        free(list->items[i].source);
        free(list->items[i].target);
    }
    free(list->items);
    *list = (struct volume_list){0};
}

void volume_list_fill(const struct volume_list *list, bool virtiofs, struct mount_list *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct volume_spec *volume = &list->items[i];
        struct mount_config *mount = mount_list_add(ret, MOUNT_VOLUME, volume->target);
        mount->read_only = volume->read_only;
        mount->tag = xstrdup(volume_tag(volume->cache));
        mount->cache = xstrdup(cache_names[volume->cache]);
        mount->virtiofs = virtiofs;
        mount->path = xasprintf("%zu", i);
    }
}

/* What the kernel shows as files: 9p would read empty files, or let the guest set the host. */
static bool is_kernel(const char *path)
{
    static const long types[] = {PROC_SUPER_MAGIC,    SYSFS_MAGIC,   CGROUP_SUPER_MAGIC,
                                 CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
                                 SECURITYFS_MAGIC,    BPF_FS_MAGIC,  DEVPTS_SUPER_MAGIC,
                                 EFIVARFS_MAGIC,      SELINUX_MAGIC, NSFS_MAGIC};
    struct statfs fs;
    if (statfs(path, &fs) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if ((long)fs.f_type == types[i])
            return true;
    return false;
}

int volumes_check(const struct volume_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *source = list->items[i].source, *origin = list->items[i].origin;
        struct stat st;
        if (list->items[i].named)
            continue;
        if (stat(source, &st) < 0)
            return error_errno(err, "%s %s", origin, source);
        if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
            return error_set(err,
                             "%s %s: a guest cannot reach a host program "
                             "through a %s; give it a port",
                             origin, source, S_ISSOCK(st.st_mode) ? "socket" : "fifo");
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
            return error_set(err, "%s %s: host devices cannot be passed as volumes", origin,
                             source);
        if (is_kernel(source))
            return error_set(err, "%s %s belongs to the host's kernel: the guest has its own",
                             origin, source);
    }
    return 0;
}
