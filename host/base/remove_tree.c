#include "host/base/remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/util.h"

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int allow_access(int parent_fd, const char *name)
{
    return fchmodat(parent_fd, name, 0700, AT_SYMLINK_NOFOLLOW);
}

static int open_directory(int parent_fd, const char *name, uint64_t resolve)
{
    const struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = resolve,
    };
    return (int)syscall(SYS_openat2, parent_fd, name, &how, sizeof(how));
}

/* Opens a directory for emptying it, whatever mode its owner gave it. NULL with errno. */
static DIR *open_for_emptying(int parent_fd, const char *name, uint64_t resolve)
{
    int fd = open_directory(parent_fd, name, resolve);
    if (fd < 0 && errno == EACCES && allow_access(parent_fd, name) == 0)
        fd = open_directory(parent_fd, name, resolve);
    if (fd < 0)
        return NULL;
    if (fchmod(fd, 0700) < 0 && errno != EPERM) {
        close(fd);
        return NULL;
    }
    DIR *dir = fdopendir(fd);
    if (!dir)
        close(fd);
    return dir;
}

/* Moves a directory that is not empty to the top of the tree under an unused name. */
static int move_up(int dir_fd, const char *name, int top_fd, unsigned *counter)
{
    /* Moving a directory changes its "..": that takes write permission on itself. */
    if (allow_access(dir_fd, name) < 0)
        return -1;
    for (;;) {
        char moved[32];
        snprintf(moved, sizeof(moved), ".vmc-removed-%u", (*counter)++);
        if (renameat2(dir_fd, name, top_fd, moved, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EEXIST)
            return -1;
    }
}

/* Unlinks everything in one directory; its non-empty subdirectories move to the top. */
static int empty_directory(DIR *dir, int top_fd, unsigned *counter)
{
    int fd = dirfd(dir);
    for (;;) {
        bool changed = false;
        rewinddir(dir);
        struct dirent *entry;
        while ((entry = readdir(dir))) {
            if (is_dot(entry->d_name))
                continue;
            changed = true;
            if (unlinkat(fd, entry->d_name, 0) == 0)
                continue;
            if (errno != EISDIR && errno != EPERM)
                return -1;
            if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0)
                continue;
            if (errno != ENOTEMPTY || move_up(fd, entry->d_name, top_fd, counter) < 0)
                return -1;
        }
        if (!changed)
            return 0;
    }
}

/* Unlinks the files of the top directory, and empties and removes its subdirectories. */
static int empty_top(DIR *top, unsigned *counter)
{
    int top_fd = dirfd(top);
    for (;;) {
        bool changed = false;
        rewinddir(top);
        struct dirent *entry;
        while ((entry = readdir(top))) {
            if (is_dot(entry->d_name))
                continue;
            changed = true;
            if (unlinkat(top_fd, entry->d_name, 0) == 0)
                continue;
            if (errno != EISDIR && errno != EPERM)
                return -1;
            DIR *dir = open_for_emptying(top_fd, entry->d_name, RESOLVE_NO_XDEV);
            if (!dir)
                return -1;
            int emptied = empty_directory(dir, top_fd, counter);
            closedir(dir);
            if (emptied < 0 || unlinkat(top_fd, entry->d_name, AT_REMOVEDIR) < 0)
                return -1;
        }
        if (!changed)
            return 0;
    }
}

int remove_contents(int dir_fd, struct error *err)
{
    DIR *top = open_for_emptying(dir_fd, ".", 0);
    if (!top)
        return error_errno(err, "cannot open a directory to empty it");
    unsigned counter = 0;
    int result = empty_top(top, &counter);
    if (result < 0)
        error_errno(err, "cannot remove all of a directory");
    closedir(top);
    return result;
}

int remove_tree(int parent_fd, const char *name, struct error *err)
{
    DIR *top = open_for_emptying(parent_fd, name, 0);
    if (!top)
        return errno == ENOENT ? 0 : error_errno(err, "cannot remove %s", name);
    unsigned counter = 0;
    int result = empty_top(top, &counter);
    if (result < 0)
        error_errno(err, "cannot remove all of %s", name);
    closedir(top);
    if (result == 0 && unlinkat(parent_fd, name, AT_REMOVEDIR) < 0)
        result = error_errno(err, "cannot remove %s", name);
    return result;
}
