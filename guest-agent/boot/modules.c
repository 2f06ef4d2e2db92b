#include "guest-agent/boot/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/util.h"

#define DIRECTORY "/modules"

static int load(const char *name, struct error *err)
{
    AUTO_FREE char *path = xasprintf(DIRECTORY "/%s", name);
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "module %s", path);
    /* ENODEV: this processor lacks what it drives; what is needed is missed later. */
    if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST && errno != ENODEV)
        return error_errno(err, "module %s", path);
    return 0;
}

int modules_load(struct error *err)
{
    FILE *order = fopen(DIRECTORY "/order", "re");
    char name[256];
    int result = 0;
    if (!order)
        return errno == ENOENT ? 0 : error_errno(err, DIRECTORY "/order");
    while (result == 0 && fgets(name, sizeof(name), order)) {
        name[strcspn(name, "\n")] = '\0';
        result = load(name, err);
    }
    fclose(order);
    return result;
}
