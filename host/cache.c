#include "host/cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"

char *cache_directory(void)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache && cache[0] == '/')
        return xasprintf("%s/vmc", cache);
    const char *home = getenv("HOME");
    return home && home[0] == '/' ? xasprintf("%s/.cache/vmc", home) : NULL;
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
