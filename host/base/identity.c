#include "host/base/identity.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/util.h"

char *file_identity(const char *path)
{
    struct stat st = {0};
    stat(path, &st);
    return xasprintf("%s %lld %lld.%09ld", path, (long long)st.st_size,
                     (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

char *boot_identity(void)
{
    char *id = NULL;
    if (read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &id, NULL, NULL) < 0)
        return xstrdup("?");
    id[strcspn(id, "\n")] = '\0';
    return id;
}
