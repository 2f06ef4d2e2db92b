#include "host/guest_image.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"

#define INITRD_NAME "initramfs.cpio"

static bool holds_image(const char *dir, const struct arch *arch)
{
    AUTO_FREE char *kernel = xasprintf("%s/%s", dir, arch->kernel);
    AUTO_FREE char *initrd = xasprintf("%s/%s", dir, INITRD_NAME);
    return access(kernel, F_OK) == 0 && access(initrd, F_OK) == 0;
}

/* Takes path if it holds an image, frees it otherwise. */
static bool take_if_image(char *path, const struct arch *arch, char **ret_path)
{
    if (!holds_image(path, arch)) {
        free(path);
        return false;
    }
    *ret_path = path;
    return true;
}

int guest_image_directory(const struct arch *arch, char **ret_path, struct error *err)
{
    const char *named = getenv("VMC_GUEST_DIR");
    if (named) {
        if (take_if_image(xasprintf("%s/%s", named, arch->name), arch, ret_path))
            return 0;
        return error_set(err, "no guest image in %s/%s, which VMC_GUEST_DIR names", named,
                         arch->name);
    }
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n < 0)
        return error_errno(err, "cannot read /proc/self/exe");
    self[n] = '\0';
    char *dir = dirname(self);
    if (take_if_image(xasprintf("%s/guest/%s", dir, arch->name), arch, ret_path) ||
        take_if_image(xasprintf("%s/../lib/vmc/guest/%s", dir, arch->name), arch, ret_path))
        return 0;
    return error_set(err,
                     "no guest image for %s yet; breed it with 'breeder/breeder build "
                     "--arch %s' (or name one with VMC_GUEST_DIR, --kernel and --initrd)",
                     arch->name, arch->name);
}

static int check_file(const char *what, const char *path, char **ret, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "%s %s", what, path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, "%s %s is not a file", what, path);
    *ret = realpath(path, NULL);
    return *ret ? 0 : error_errno(err, "%s %s", what, path);
}

int guest_image_find(const struct arch *arch, const char *kernel, const char *initrd,
                     struct guest_image *ret, struct error *err)
{
    AUTO_FREE char *dir = NULL;
    if ((!kernel || !initrd) && guest_image_directory(arch, &dir, err) < 0)
        return -1;
    AUTO_FREE char *bred_kernel = dir ? xasprintf("%s/%s", dir, arch->kernel) : NULL;
    AUTO_FREE char *bred_initrd = dir ? xasprintf("%s/%s", dir, INITRD_NAME) : NULL;
    if (check_file("kernel", kernel ? kernel : bred_kernel, &ret->kernel, err) < 0)
        return -1;
    return check_file("initramfs", initrd ? initrd : bred_initrd, &ret->initrd, err);
}

void guest_image_free(struct guest_image *image)
{
    free(image->kernel);
    free(image->initrd);
    *image = (struct guest_image){0};
}
