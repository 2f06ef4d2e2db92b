#include "host/data_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/cache.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

char *data_directory(void)
{
    const char *data = getenv("XDG_DATA_HOME");
    if (data && data[0] == '/')
        return xasprintf("%s/vmc", data);
    if (geteuid() == 0)
        return xstrdup("/var/lib/vmc");
    const char *home = getenv("HOME");
    struct passwd *user = home && home[0] == '/' ? NULL : getpwuid(geteuid());
    if (user)
        home = user->pw_dir;
    return home && home[0] == '/' ? xasprintf("%s/.local/share/vmc", home) : NULL;
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
