#include "host/base/cache.h"

#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/base/xdg.h"

char *cache_directory(void)
{
    return xdg_directory("XDG_CACHE_HOME", ".cache");
}

void cache_make_directory(const char *dir)
{
    AUTO_FREE char *partial = xstrdup(dir);
    for (char *slash = partial; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(partial, 0700);
        *slash = '/';
    }
    mkdir(partial, 0700);
}
