#include "guest-agent/base/search.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

void search_exec(char *const *paths, char *const *argv, char *const *env)
{
    static char *const empty[] = {NULL};
    int denied = 0;
    errno = ENOENT;
    for (size_t i = 0; paths[i]; i++) {
        execve(paths[i], argv, env ? env : empty);
        bool only = i == 0 && !paths[1];
        if (only)
            return;
        if (errno == EACCES)
            denied = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
            return;
    }
    errno = denied ? denied : ENOENT;
}
