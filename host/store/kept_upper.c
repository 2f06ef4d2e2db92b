#include "host/store/kept_upper.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/store/disk_image.h"
#include "host/store/named.h"

#define IMAGE "upper.img"
#define ROOTFS "rootfs"

/*
 * The hypervisor inherits the image and with it the lock: no other run gets the image before the
 * hypervisor is gone.
 */
static const struct named_kind layers = {
    .directory = "kept", .what = "kept container", .lock = IMAGE};

static char *read_rootfs(int dir)
{
    char *text = NULL;
    return read_file_at(dir, ROOTFS, PATH_MAX + 1, &text, NULL, NULL) < 0 ? NULL : text;
}

/* ---- opening ---- */

/* Atomic and synchronized: a crash leaves all of it or nothing. */
static int write_rootfs(int dir, const char *rootfs)
{
    AUTO_CLOSE int fd =
        openat(dir, ROOTFS ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, rootfs, strlen(rootfs)) < 0 || fsync(fd) < 0 ||
        renameat(dir, ROOTFS ".new", dir, ROOTFS) < 0)
        return -1;
    return fsync(dir);
}

static int make_image(int dir, int image, const char *rootfs, uint64_t size, struct error *err)
{
    /* First removes the remains of an interrupted attempt. */
    if (ftruncate(image, 0) < 0 ||
        ftruncate(image, (off_t)(size ? size : UPPER_DISK_DEFAULT_SIZE)) < 0)
        return error_errno(err, "cannot give the disk image its size");
    if (upper_disk_format(image, err) < 0)
        return -1;
    if (fsync(image) < 0 || write_rootfs(dir, rootfs) < 0)
        return error_errno(err, "cannot write the disk image");
    return 0;
}

static int check_image(int image, const char *name, const char *made_over, const char *rootfs,
                       uint64_t size, struct error *err)
{
    struct stat st;
    if (strcmp(made_over, rootfs) != 0)
        return error_set(err,
                         "%s has the changes to another root file system, %s: give another --name, "
                         "or remove it with 'vmc keep rm %s'",
                         name, made_over, name);
    if (fstat(image, &st) < 0)
        return error_errno(err, "cannot examine the image");
    if (size && (uint64_t)st.st_size != size)
        return error_set(err, "%s already has %llum: leave out the size of --upper disk", name,
                         (unsigned long long)st.st_size >> 20);
    return 0;
}

int kept_upper_open(const char *base, const char *name, const char *rootfs, uint64_t size,
                    int *ret_fd, struct error *err)
{
    AUTO_CLOSE int dir = -1;
    AUTO_CLOSE int image = -1;
    AUTO_FREE char *path = realpath(rootfs, NULL);
    if (!path)
        return error_errno(err, "cannot resolve %s", rootfs);
    if (named_use(&layers, base, name, F_WRLCK, &dir, &image, err) < 0)
        return error_wrap(err, "--keep");
    AUTO_FREE char *made_over = read_rootfs(dir);
    if (made_over && check_image(image, name, made_over, path, size, err) < 0)
        return error_wrap(err, "--keep");
    if (!made_over && make_image(dir, image, path, size, err) < 0) {
        close_fd(&image);
        named_remove(&layers, base, (char *const[]){(char *)name}, 1, NULL);
        return error_wrap(err, "--keep");
    }
    *ret_fd = take_fd(&image);
    return 0;
}

/* ---- listing ---- */

static void add(int parent, const char *name, struct kept_upper_list *list)
{
    struct stat st = {0};
    AUTO_CLOSE int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstatat(dir, IMAGE, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    char *rootfs = read_rootfs(dir);
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct kept_upper){
        .name = xstrdup(name),
        .rootfs = rootfs ? rootfs : xstrdup(""),
        .size = (uint64_t)st.st_size,
        .used = (uint64_t)st.st_blocks * 512,
        .in_use = named_in_use(&layers, parent, name),
    };
}

int kept_upper_list(const char *base, struct kept_upper_list *ret, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    AUTO_STRINGS struct strings names = {0};
    if (named_list(&layers, base, &parent, &names, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++)
        add(parent, names.items[i], ret);
    return 0;
}

void kept_upper_list_free(struct kept_upper_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].rootfs);
    }
    free(list->items);
    *list = (struct kept_upper_list){0};
}

int kept_upper_remove(const char *base, char *const *names, size_t count, struct error *err)
{
    return named_remove(&layers, base, names, count, err);
}
