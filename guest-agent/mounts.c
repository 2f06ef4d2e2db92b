#include "guest-agent/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/util.h"

/* Adds what the file system itself says (fsopen(2), "message retrieval") to errno's text. */
static int report(int context, const char *type, const char *target, struct error *err)
{
    error_errno(err, "cannot mount %s on %s", type, target);
    char message[256];
    ssize_t n = read(context, message, sizeof(message) - 1);
    if (n <= 2)
        return -1;
    message[n] = '\0';
    message[strcspn(message, "\n")] = '\0';
    return error_wrap(err, "%s", message + 2);
}

static int configure(int context, const struct mount_option *options)
{
    for (; options->key; options++) {
        unsigned command = options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        if (fsconfig(context, command, options->key, options->value, 0) < 0)
            return -1;
    }
    return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
              const char *target, struct error *err)
{
    AUTO_CLOSE int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0)
        return error_errno(err, "cannot mount %s on %s", type, target);
    if (configure(context, options) < 0)
        return report(context, type, target, err);
    AUTO_CLOSE int mount = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    if (mount < 0)
        return report(context, type, target, err);
    if (move_mount(mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) <
        0)
        return error_errno(err, "cannot mount %s on %s", type, target);
    return 0;
}

int mount_on_directory(const char *type, const struct mount_option *options, unsigned attributes,
                       const char *target, struct error *err)
{
    if (mkdir(target, 0755) < 0 && errno != EEXIST)
        return error_errno(err, "there is no directory %s, and it cannot be made", target);
    struct stat st;
    if (stat(target, &st) == 0 && !S_ISDIR(st.st_mode))
        return error_set(err, "cannot mount %s: %s is not a directory", type, target);
    return mount_new(type, options, attributes, target, err);
}
