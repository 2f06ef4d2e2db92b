#include "host/spec/mounts.h"

#include <string.h>

#include "common/util.h"
#include "host/base/paths.h"
#include "host/base/units.h"
#include "host/spec/mount_option.h"
#include "host/spec/options.h"

#define SIZE_MIN 4096
#define MODE_DEFAULT 01777
#define ID_MAX (UINT32_MAX - 1)

/* clang-format off */
static const struct option mount_rows[] = {
    {.id = OPTION_TMPFS, .name = "--tmpfs", .metavar = "PATH[:OPTION,...]", .on = ON_ALL, .layer = BY_AGENT,
     .help = "an empty file system in memory at PATH",
     .manual = "Options: size=SIZE, mode=MODE, uid=ID, gid=ID, ro, exec. The defaults are mode 1777, noexec and half "
         "of the memory; nosuid and nodev are always set.",
     .repeatable = true},
    {.id = OPTION_MOUNT, .name = "--mount", .metavar = "type=TYPE,target=PATH[,...]", .on = ON_ALL,
     .layer = BY_HOST_AND_AGENT,
     .help = "--volume and --tmpfs in the form of docker's --mount",
     .manual = "TYPE: bind (source= is a path), volume (source= is a name; the default) or tmpfs. Further fields are "
         "readonly, cache=, tmpfs-size= and tmpfs-mode=. A path may contain a colon.",
     .repeatable = true},
    {.id = OPTION_SHM_SIZE, .name = "--shm-size", .metavar = "SIZE", .on = ON_ALL, .layer = BY_AGENT,
     .help = "size of /dev/shm",
     .default_value = "64m"},
};
/* clang-format on */
const struct option_group mount_options = OPTION_GROUP(TITLE_CONTAINER, mount_rows);

/* What container engines have in every tmpfs, and what cannot be had here. */
static int set_flag(struct tmpfs_spec *tmpfs, const char *flag, struct error *err)
{
    static const char *const given[] = {"rw", "nosuid", "nodev"};
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        if (strcmp(flag, given[i]) == 0)
            return 0;
    if (strcmp(flag, "ro") == 0)
        tmpfs->read_only = true;
    else if (strcmp(flag, "exec") == 0)
        tmpfs->exec = true;
    else if (strcmp(flag, "noexec") == 0)
        tmpfs->exec = false;
    else if (strcmp(flag, "suid") == 0 || strcmp(flag, "dev") == 0)
        return error_set(err, "'%s': every tmpfs is nosuid and nodev", flag);
    else
        return error_set(
            err, "option '%s': it must be size=, mode=, uid=, gid=, ro, rw, exec or noexec", flag);
    return 0;
}

static int parse_mode(const char *text, unsigned *ret, struct error *err)
{
    char *end;
    unsigned long mode = strtoul(text, &end, 8);
    if (text[0] < '0' || text[0] > '7' || *end || mode > 07777)
        return error_set(err, "mode '%s' is not an octal number up to 7777", text);
    /* 0 is the agent's word for the default. */
    if (mode == 0)
        return error_set(err, "mode 0 gives no one access");
    *ret = (unsigned)mode;
    return 0;
}

static int set_option(struct tmpfs_spec *tmpfs, char *option, struct error *err)
{
    char *value = strchr(option, '=');
    if (!value)
        return set_flag(tmpfs, option, err);
    *value++ = '\0';
    if (strcmp(option, "mode") == 0)
        return parse_mode(value, &tmpfs->mode, err);
    if (strcmp(option, "uid") == 0)
        return parse_count(value, 0, ID_MAX, &tmpfs->uid, err);
    if (strcmp(option, "gid") == 0)
        return parse_count(value, 0, ID_MAX, &tmpfs->gid, err);
    if (strcmp(option, "size") != 0)
        return set_flag(tmpfs, option, err);
    if (parse_size(value, &tmpfs->size, err) < 0)
        return -1;
    if (tmpfs->size < SIZE_MIN || tmpfs->size > INT64_MAX)
        return error_set(err, "size '%s' is less than a page", value);
    return 0;
}

/* options, separated by commas, or NULL. */
static int add_tmpfs(struct mount_spec *spec, const char *origin, const char *given, char *options,
                     struct error *err)
{
    AUTO_FREE char *target = path_clean(given);
    struct tmpfs_spec tmpfs = {.mode = MODE_DEFAULT};
    char *rest = options, *one;
    if (given[0] != '/' || strcmp(target, "/") == 0)
        return error_set(err, "%s '%s' must be an absolute path below /", origin, given);
    while (rest && (one = strsep(&rest, ",")))
        if (set_option(&tmpfs, one, err) < 0)
            return error_wrap(err, "%s %s", origin, target);
    for (size_t i = 0; i < spec->tmpfs_count; i++)
        if (strcmp(spec->tmpfs[i].target, target) == 0)
            return error_set(err, "%s %s is given twice", origin, target);
    tmpfs.target = xstrdup(target);
    spec->tmpfs = xrealloc(spec->tmpfs, spec->tmpfs_count + 1, sizeof(*spec->tmpfs));
    spec->tmpfs[spec->tmpfs_count++] = tmpfs;
    return 0;
}

static int resolve_tmpfs(const struct request *req, struct mount_spec *spec, struct error *err)
{
    const struct setting *s = NULL;
    while ((s = request_next(req, OPTION_TMPFS, s))) {
        /* PATH[:OPTION,...] */
        AUTO_FREE char *copy = xstrdup(s->value);
        char *options = copy;
        const char *path = strsep(&options, ":");
        if (add_tmpfs(spec, s->origin, path, options, err) < 0)
            return -1;
    }
    while ((s = request_next(req, OPTION_MOUNT, s))) {
        struct mount_option_spec mount;
        int result = mount_option_parse(s, &mount, err);
        if (result == 0 && mount.type == MOUNT_OPTION_TMPFS)
            result = add_tmpfs(spec, s->origin, mount.target, mount.options, err);
        mount_option_free(&mount);
        if (result < 0)
            return -1;
    }
    return 0;
}

int mounts_resolve(const struct request *req, uint64_t memory, struct mount_spec *ret,
                   struct error *err)
{
    const struct setting *shm = request_setting(req, OPTION_SHM_SIZE);
    if (resolve_tmpfs(req, ret, err) < 0)
        return -1;
    if (shm && parse_size(shm->value, &ret->shm_size, err) < 0)
        return error_wrap(err, "%s", shm->origin);
    if (shm && ret->shm_size < SIZE_MIN)
        return error_set(err, "%s %s is less than a page", shm->origin, shm->value);
    if (shm && ret->shm_size > memory)
        return error_set(err, "%s %s is more than the machine's memory (--memory)", shm->origin,
                         shm->value);
    ret->usedev = request_has(req, OPTION_USEDEV);
    ret->debugfs = request_has(req, OPTION_DEBUGFS);
    ret->tracefs = request_has(req, OPTION_FTRACE);
    return 0;
}

struct mount_config *mount_list_add(struct mount_list *list, enum mount_kind kind,
                                    const char *target)
{
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count] = (struct mount_config){.kind = kind, .target = xstrdup(target)};
    return &list->items[list->count++];
}

void mounts_fill(const struct mount_spec *spec, struct mount_list *ret)
{
    if (spec->debugfs)
        mount_list_add(ret, MOUNT_DEBUGFS, "/sys/kernel/debug");
    if (spec->tracefs)
        mount_list_add(ret, MOUNT_TRACEFS, "/sys/kernel/tracing");
    for (size_t i = 0; i < spec->tmpfs_count; i++) {
        const struct tmpfs_spec *tmpfs = &spec->tmpfs[i];
        struct mount_config *mount = mount_list_add(ret, MOUNT_TMPFS, tmpfs->target);
        mount->size = (int64_t)tmpfs->size;
        mount->mode = tmpfs->mode;
        mount->uid = tmpfs->uid;
        mount->gid = tmpfs->gid;
        mount->read_only = tmpfs->read_only;
        mount->exec = tmpfs->exec;
    }
}

void mount_spec_free(struct mount_spec *spec)
{
    for (size_t i = 0; i < spec->tmpfs_count; i++)
        free(spec->tmpfs[i].target);
    free(spec->tmpfs);
    *spec = (struct mount_spec){0};
}
