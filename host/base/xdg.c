#include "host/base/xdg.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/util.h"

char *xdg_directory(const char *variable, const char *in_home)
{
    const char *named = getenv(variable);
    if (named && named[0] == '/')
        return xasprintf("%s/vmc", named);
    const char *home = in_home ? getenv("HOME") : NULL;
    return home && home[0] == '/' ? xasprintf("%s/%s/vmc", home, in_home) : NULL;
}
