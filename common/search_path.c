#include "common/search_path.h"

#include <string.h>

/* For an environment without PATH: the default of container engines. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *path_of(char *const *env)
{
    for (; env && *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return DEFAULT_PATH;
}

void search_paths(const char *command, char *const *env, struct strings *paths)
{
    if (!command[0])
        return;
    if (strchr(command, '/')) {
        strings_add(paths, command);
        return;
    }
    const char *directory = path_of(env);
    for (;;) {
        size_t length = strcspn(directory, ":");
        /* An empty entry is the current directory. */
        if (length == 0)
            strings_addf(paths, "./%s", command);
        else
            strings_addf(paths, "%.*s/%s", (int)length, directory, command);
        if (!directory[length])
            return;
        directory += length + 1;
    }
}
