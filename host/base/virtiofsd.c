#include "host/base/virtiofsd.h"

#include <unistd.h>

#include "common/util.h"

/* A guest is unusable with room for fewer files. */
#define FILES_MIN 128

static const struct virtiofsd programs[] = {
    {"/usr/libexec/virtiofsd", VIRTIOFSD_RUST, 610},
    {"/usr/lib/qemu/virtiofsd", VIRTIOFSD_QEMU, 0},
};

static const struct virtiofsd *find_installed(void)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (access(programs[i].path, X_OK) == 0)
            return &programs[i];
    return NULL;
}

const struct virtiofsd *virtiofsd_find(struct error *err)
{
    const struct virtiofsd *program = find_installed();
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (!program) {
        error_set(err, "no virtiofsd is installed: apt install virtiofsd (in Debian 12 it comes "
                       "with qemu-system-common)");
        return NULL;
    }
    /* One more is for the program to be executed. */
    rlim_t least = program->reserved + FILES_MIN + 1;
    if (limit.rlim_max >= least)
        return program;
    error_set(err, "virtiofsd needs a limit of %llu open files (ulimit -Hn), which is %llu here",
              (unsigned long long)least, (unsigned long long)limit.rlim_max);
    return NULL;
}

rlim_t virtiofsd_files(rlim_t descriptors)
{
    const struct virtiofsd *program = find_installed();
    return program && descriptors > program->reserved ? descriptors - program->reserved : 0;
}
