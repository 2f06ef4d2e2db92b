#include "host/base/data_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/base/cache.h"
#include "host/base/object_name.h"
#include "host/base/userns.h"
#include "host/base/xdg.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

char *data_directory(void)
{
    /* Root of a user namespace may have a /var of its own, or its user's home. */
    bool root = am_host_root() || (geteuid() == 0 && access("/var/lib", W_OK) == 0);
    char *data = xdg_directory("XDG_DATA_HOME", root ? NULL : ".local/share");
    if (data)
        return data;
    if (root)
        return xstrdup("/var/lib/vmc");
    const struct passwd *user = getpwuid(geteuid());
    return user && user->pw_dir[0] == '/' ? xasprintf("%s/.local/share/vmc", user->pw_dir) : NULL;
}

int data_directory_open(const char *base, const char *kind, bool create, int *ret_fd,
                        struct error *err)
{
    struct stat st;
    if (!base)
        return error_set(err, "there is no home directory to keep things in; set XDG_DATA_HOME");
    AUTO_FREE char *path = xasprintf("%s/%s", base, kind);
    if (create)
        cache_make_directory(path);
    AUTO_CLOSE int fd = open(path, DIR_FLAGS);
    if (fd < 0 && (create || errno != ENOENT))
        return error_errno(err, "cannot open %s (set XDG_DATA_HOME to keep things elsewhere)",
                           path);
    if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid()))
        return error_set(
            err, "%s belongs to another user; set XDG_DATA_HOME to a directory of your own", path);
    if (fd >= 0 && (st.st_mode & 077) != 0 && fchmod(fd, 0700) < 0)
        return error_errno(err, "cannot make %s private", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int data_directory_names(int dir_fd, struct strings *ret, struct error *err)
{
    AUTO_CLOSE int fd = openat(dir_fd, ".", DIR_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (!dir)
        return error_errno(err, "cannot read the data directory");
    take_fd(&fd);
    while ((entry = readdir(dir)))
        if (object_name_check("", entry->d_name, NULL) == 0)
            strings_add(ret, entry->d_name);
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare);
    return 0;
}
