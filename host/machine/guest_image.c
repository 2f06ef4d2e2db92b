#include "host/machine/guest_image.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
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

/* The directory of vmc's program; owned, NULL if /proc does not tell. */
static char *own_directory(void)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n < 0)
        return NULL;
    self[n] = '\0';
    return xstrdup(dirname(self));
}

/* image: the path below the architecture's directory, "" for the bred image. */
static bool find_directory(const struct arch *arch, const char *image, char **ret_path)
{
    const char *named = getenv("VMC_GUEST_DIR");
    if (named)
        return take_if_image(xasprintf("%s/%s%s", named, arch->name, image), arch, ret_path);
    AUTO_FREE char *dir = own_directory();
    if (!dir)
        return false;
    return take_if_image(xasprintf("%s/guest/%s%s", dir, arch->name, image), arch, ret_path) ||
           take_if_image(xasprintf("%s/../lib/vmc/guest/%s%s", dir, arch->name, image), arch,
                         ret_path);
}

/* The layout of `make install` and of the package, but of no build. */
static bool is_installed(void)
{
    AUTO_FREE char *dir = own_directory();
    const char *name = dir ? strrchr(dir, '/') : NULL;
    return name && strcmp(name, "/bin") == 0;
}

char *guest_image_advice(const struct arch *arch)
{
    if (is_installed())
        return xasprintf("install the package %s, or 'make guest GUEST_ARCH=%s' and 'make install' "
                         "in vmc's sources",
                         arch->guest_package, arch->name);
    return xasprintf("breed it with 'breeder/breeder build --arch %s'", arch->name);
}

int guest_image_directory(const struct arch *arch, char **ret_path, struct error *err)
{
    const char *named = getenv("VMC_GUEST_DIR");
    if (find_directory(arch, "", ret_path))
        return 0;
    if (named)
        return error_set(err, "no guest image in %s/%s, which VMC_GUEST_DIR names", named,
                         arch->name);
    AUTO_FREE char *advice = guest_image_advice(arch);
    return error_set(err,
                     "no guest image for %s yet; %s (or name one with VMC_GUEST_DIR, --kernel and "
                     "--initrd)",
                     arch->name, advice);
}

static int find_distro(const struct arch *arch, const char *package, char **ret_path,
                       struct error *err)
{
    AUTO_FREE char *image = xasprintf("/distro%s%s", package[0] ? "-" : "", package);
    if (find_directory(arch, image, ret_path))
        return 0;
    return error_set(err,
                     "--kernel distro: there is none for %s yet; fetch it with 'breeder/breeder "
                     "distro --arch %s%s%s'%s",
                     arch->name, arch->name, package[0] ? " --package " : "", package,
                     is_installed() ? " in vmc's sources, and name their build/guest with "
                                      "VMC_GUEST_DIR"
                                    : "");
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

int guest_image_find(const struct arch *arch, const struct image_choice *choice,
                     struct guest_image *ret, struct error *err)
{
    AUTO_FREE char *dir = NULL;
    bool whole = choice->kernel && choice->initrd;
    if (choice->distro ? find_distro(arch, choice->distro, &dir, err) < 0
                       : !whole && guest_image_directory(arch, &dir, err) < 0)
        return -1;
    AUTO_FREE char *kernel = dir ? xasprintf("%s/%s", dir, arch->kernel) : NULL;
    AUTO_FREE char *initrd = dir ? xasprintf("%s/%s", dir, INITRD_NAME) : NULL;
    if (check_file("kernel", choice->kernel ? choice->kernel : kernel, &ret->kernel, err) < 0)
        return -1;
    return check_file("initramfs", choice->initrd ? choice->initrd : initrd, &ret->initrd, err);
}

void guest_image_free(struct guest_image *image)
{
    free(image->kernel);
    free(image->initrd);
    *image = (struct guest_image){0};
}
