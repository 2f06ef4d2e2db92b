#include "guest-agent/container/file_capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/util.h"

/* Its contents are neither read nor copied: with metacopy the overlay copies up what it is. */
static int set_one(int root, const struct file_capability *file)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    AUTO_CLOSE int fd = (int)syscall(SYS_openat2, root, file->path, &how, sizeof(how));
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    AUTO_FREE char *name = xasprintf("/proc/self/fd/%d", fd);
    return setxattr(name, "security.capability", file->value.bytes, file->value.length, 0);
}

int file_capabilities_set(const struct file_capability_list *list, const char *root,
                          struct error *err)
{
    if (list->count == 0)
        return 0;
    AUTO_CLOSE int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return error_errno(err, "cannot open %s", root);
    for (size_t i = 0; i < list->count; i++)
        if (set_one(top, &list->items[i]) < 0)
            return error_errno(err, "cannot set the capabilities of %s", list->items[i].path);
    return 0;
}
