#include "guest-agent/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

#define LINKS_MAX 8

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

static int attach(int mount, const char *what, const char *target, struct error *err)
{
    unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
    if (move_mount(mount, "", AT_FDCWD, target, flags) == 0)
        return 0;
    struct stat st;
    if (errno == ENOTDIR && stat(target, &st) == 0 && !S_ISDIR(st.st_mode))
        return error_set(err, "cannot mount %s: %s is not a directory", what, target);
    return error_errno(err, "cannot mount %s on %s", what, target);
}

int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
              const char *target, struct error *err)
{
    AUTO_CLOSE int mount = mount_detached(type, options, attributes, err);
    return mount < 0 ? -1 : attach(mount, type, target, err);
}

int mount_on_directory(const char *type, const struct mount_option *options, unsigned attributes,
                       const char *target, struct error *err)
{
    if (mount_point_make(target, true, err) < 0)
        return -1;
    return mount_new(type, options, attributes, target, err);
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
    if (mount_point_make(target, S_ISDIR(st.st_mode), err) < 0)
        return -1;
    return attach(tree, source, target, err);
}

/* mkdir(1) -p; path is changed in between and restored. */
static int make_directories(char *path, struct error *err)
{
    for (char *slash = path + 1;; slash++) {
        slash += strcspn(slash, "/");
        char end = *slash;
        *slash = '\0';
        int failed = mkdir(path, 0755) < 0 && errno != EEXIST;
        if (failed)
            error_errno(err, "there is no directory %s, and it cannot be made", path);
        *slash = end;
        if (failed)
            return -1;
        if (!end || !slash[1])
            return 0;
    }
}

/* Where the link at path leads, as a path of its own, owned by the caller; NULL: it is no link. */
static char *follow(const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return NULL;
    target[n] = '\0';
    if (target[0] == '/')
        return xstrdup(target);
    AUTO_FREE char *copy = xstrdup(path);
    return xasprintf("%s/%s", dirname(copy), target);
}

static int make_file(const char *path, int links, struct error *err)
{
    AUTO_FREE char *copy = xstrdup(path);
    AUTO_FREE char *parent = xstrdup(dirname(copy));
    if (make_directories(parent, err) < 0)
        return -1;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    AUTO_FREE char *target = errno == EEXIST && links < LINKS_MAX ? follow(path) : NULL;
    if (!target)
        return error_errno(err, "cannot make %s to mount on", path);
    return make_file(target, links + 1, err);
}

int mount_point_make(const char *target, bool directory, struct error *err)
{
    /* What exists is not written to: its file system may be read-only. */
    if (access(target, F_OK) == 0)
        return 0;
    if (!directory)
        return make_file(target, 0, err);
    AUTO_FREE char *path = xstrdup(target);
    return make_directories(path, err);
}
