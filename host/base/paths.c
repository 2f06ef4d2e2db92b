#include "host/base/paths.h"

#include <string.h>

#include "common/util.h"

bool path_is_below(const char *target, const char *path)
{
    size_t length = strlen(path);
    return strncmp(target, path, length) == 0 && (target[length] == '/' || target[length] == '\0');
}

char *path_clean(const char *path)
{
    char *result = xcalloc(strlen(path) + 2, 1);
    size_t length = 0;
    while (*path) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0) {
            while (length > 0 && result[--length] != '/')
                ;
        } else if (n > 0 && !(n == 1 && *path == '.')) {
            result[length++] = '/';
            memcpy(result + length, path, n);
            length += n;
        }
        path += n;
    }
    if (length == 0)
        result[length++] = '/';
    result[length] = '\0';
    return result;
}
