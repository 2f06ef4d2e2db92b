#include "host/base/directories.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/userns.h"

char *xdg_directory(const char *variable, const char *in_home)
{
    const char *named = getenv(variable);
    if (named && named[0] == '/')
        return xasprintf("%s/vmc", named);
    const char *home = in_home ? getenv("HOME") : NULL;
    return home && home[0] == '/' ? xasprintf("%s/%s/vmc", home, in_home) : NULL;
}

char *cache_directory(void)
{
    return xdg_directory("XDG_CACHE_HOME", ".cache");
}

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

void make_directories(const char *path)
{
    AUTO_FREE char *partial = xstrdup(path);
    for (char *slash = partial; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(partial, 0700);
        *slash = '/';
    }
    mkdir(partial, 0700);
}
