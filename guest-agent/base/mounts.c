#include "guest-agent/base/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

/* As the kernel, path_resolution(7). */
#define LINKS_MAX 40

/* Adds what the file system itself says (fsopen(2), "message retrieval") to errno's text. */
static int report(int context, const char *type, struct error *err)
{
    error_errno(err, "cannot make a %s file system", type);
    char message[256];
    ssize_t n = read(context, message, sizeof(message) - 1);
    if (n <= 2)
        return -1;
    message[n] = '\0';
    message[strcspn(message, "\n")] = '\0';
    return error_wrap(err, "%s", message + 2);
}

/* A mount table names what has no source of its own by its type, as mount(8) users write it. */
static int configure(int context, const char *type, const struct mount_option *options)
{
    bool named = options->key && strcmp(options->key, "source") == 0;
    if (!named && fsconfig(context, FSCONFIG_SET_STRING, "source", type, 0) < 0)
        return -1;
    for (; options->key; options++) {
        unsigned command = options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        if (fsconfig(context, command, options->key, options->value, 0) < 0)
            return -1;
    }
    return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int mount_detached(const char *type, const struct mount_option *options, unsigned attributes,
                   struct error *err)
{
    AUTO_CLOSE int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0)
        return error_errno(err, "cannot make a %s file system", type);
    if (configure(context, type, options) < 0)
        return report(context, type, err);
    int mount = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    return mount < 0 ? report(context, type, err) : mount;
}

/* place is what resolve() gave: no link, and no "..". */
static int attach(int mount, const char *what, const char *place, struct error *err)
{
    struct stat there, here;
    if (move_mount(mount, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) == 0)
        return 0;
    error_errno(err, "cannot mount %s on %s", what, place);
    if (stat(place, &there) == 0 && fstat(mount, &here) == 0 &&
        S_ISDIR(there.st_mode) != S_ISDIR(here.st_mode))
        error_set(err, "%s is a %s there, so a %s cannot be mounted on it", place,
                  S_ISDIR(there.st_mode) ? "directory" : "file",
                  S_ISDIR(here.st_mode) ? "directory" : "file");
    return -1;
}

/* ---- places ---- */

/* What to do where there is nothing. */
enum missing {
    MISSING_ERROR,
    MISSING_DIRECTORY,
    MISSING_FILE,
};

static int cannot_make(const char *what, const char *path, struct error *err)
{
    if (errno == EACCES)
        return error_set(
            err,
            "there is no %s %s, and it cannot be made: its directory belongs to a user that the "
            "container does not have (chown the tree to the user who runs vmc)",
            what, path);
    return error_errno(err, "there is no %s %s, and it cannot be made", what, path);
}

static int make_missing(const char *path, bool last, enum missing missing, struct error *err)
{
    if (missing == MISSING_FILE && last) {
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        return fd < 0 ? cannot_make("file", path, err) : 0;
    }
    if (missing == MISSING_ERROR)
        return error_errno(err, "cannot mount on %s", path);
    if (mkdir(path, 0755) < 0)
        return cannot_make("directory", path, err);
    return 0;
}

/* A path on its way from links to none. */
struct walk {
    char *done; /* "": the root */
    char *rest;
    int links;
};

static void replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

/* rest begins with the component behind the link at path. */
static int follow(struct walk *walk, const char *path, const char *rest, struct error *err)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return error_errno(err, "cannot read the link %s", path);
    target[n] = '\0';
    if (++walk->links > LINKS_MAX) {
        errno = ELOOP;
        return error_errno(err, "cannot mount on %s", path);
    }
    if (target[0] == '/')
        replace(&walk->done, xstrdup(""));
    replace(&walk->rest, xasprintf("%s/%s", target, rest));
    return 0;
}

/* One component of the rest. */
static int advance(struct walk *walk, enum missing missing, struct error *err)
{
    char *name = walk->rest + strspn(walk->rest, "/");
    char *end = name + strcspn(name, "/");
    AUTO_FREE char *rest = xstrdup(end + strspn(end, "/"));
    struct stat st;
    *end = '\0';
    AUTO_FREE char *path = xasprintf("%s/%s", walk->done, name);
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(walk->done, '/');
        if (slash)
            *slash = '\0';
    } else if (name[0] && strcmp(name, ".") != 0) {
        if (lstat(path, &st) < 0) {
            if (errno != ENOENT)
                return error_errno(err, "cannot mount on %s", path);
            if (make_missing(path, !rest[0], missing, err) < 0)
                return -1;
        } else if (S_ISLNK(st.st_mode)) {
            return follow(walk, path, rest, err);
        }
        replace(&walk->done, xstrdup(path));
    }
    replace(&walk->rest, xstrdup(rest));
    return 0;
}

/*
 * The path that target stands for, without links, owned by the caller; NULL on failure. The kernel
 * would take ".." at the root of a tree that has just been pivoted to for the old root, which lies
 * on top of it (rootfs_pivot()): a link of the container's would lead into the agent's tree.
 */
static char *resolve(const char *target, enum missing missing, struct error *err)
{
    struct walk walk = {.done = xstrdup(""), .rest = xstrdup(target)};
    int result = 0;
    while (result == 0 && walk.rest[0])
        result = advance(&walk, missing, err);
    free(walk.rest);
    if (result == 0 && walk.done[0])
        return walk.done;
    free(walk.done);
    return result < 0 ? NULL : xstrdup("/");
}

int mount_point_make(const char *target, bool directory, struct error *err)
{
    AUTO_FREE char *place = resolve(target, directory ? MISSING_DIRECTORY : MISSING_FILE, err);
    return place ? 0 : -1;
}

/* ---- mounts ---- */

int mount_attach(int mount, const char *what, const char *target, struct error *err)
{
    AUTO_FREE char *place = resolve(target, MISSING_DIRECTORY, err);
    return place ? attach(mount, what, place, err) : -1;
}

int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
              const char *target, struct error *err)
{
    AUTO_FREE char *place = resolve(target, MISSING_ERROR, err);
    AUTO_CLOSE int mount = place ? mount_detached(type, options, attributes, err) : -1;
    return mount < 0 ? -1 : attach(mount, type, place, err);
}

int mount_on_directory(const char *type, const struct mount_option *options, unsigned attributes,
                       const char *target, struct error *err)
{
    AUTO_CLOSE int mount = mount_detached(type, options, attributes, err);
    return mount < 0 ? -1 : mount_attach(mount, type, target, err);
}

int mount_bind(int dirfd, const char *source, const char *target, unsigned attributes,
               struct error *err)
{
    struct stat st;
    struct mount_attr attr = {.attr_set = attributes};
    AUTO_CLOSE int tree =
        open_tree(dirfd, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0 || fstat(tree, &st) < 0)
        return error_errno(err, "cannot mount %s on %s", source, target);
    if (attributes &&
        mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
        return error_errno(err, "cannot restrict the mount on %s", target);
    AUTO_FREE char *place =
        resolve(target, S_ISDIR(st.st_mode) ? MISSING_DIRECTORY : MISSING_FILE, err);
    return place ? attach(tree, source, place, err) : -1;
}
