#include "host/store/kept_upper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/util.h"
#include "host/base/data_directory.h"
#include "host/base/object_name.h"
#include "host/base/remove_tree.h"
#include "host/store/upper_disk.h"

#define KIND "kept"
#define IMAGE "upper.img"
#define ROOTFS "rootfs"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/*
 * The first byte, by the open file description: the hypervisor has that, too, and so nobody else
 * gets the image before it is gone. QEMU's own locks are on bytes from 100 on. fcntl(2)
 */
static struct flock first_byte(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
}

static int lock_image(int fd, const char *name, struct error *err)
{
    struct flock lock = first_byte();
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno == EAGAIN || errno == EACCES)
        return error_set(err, "the kept container %s is in use", name);
    return error_errno(err, "cannot lock the kept container %s", name);
}

static char *read_rootfs(int dir)
{
    char *text = NULL;
    return read_file_at(dir, ROOTFS, PATH_MAX + 1, &text, NULL, NULL) < 0 ? NULL : text;
}

/* ---- opening ---- */

/* In one step, and on the disk: a crash leaves all of it or nothing. */
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
    /* What an interrupted attempt has left goes first. */
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
        return error_errno(err, "cannot look at the image");
    if (size && (uint64_t)st.st_size != size)
        return error_set(err, "%s has %llum already: leave out the size of --upper disk", name,
                         (unsigned long long)st.st_size >> 20);
    return 0;
}

static int open_locked(int dir, const char *name, const char *rootfs, uint64_t size, int *ret_fd,
                       struct error *err)
{
    AUTO_CLOSE int image = openat(dir, IMAGE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;
    if (image < 0)
        return error_errno(err, "cannot open the image");
    if (lock_image(image, name, err) < 0)
        return -1;
    /* Removed while it was being opened. */
    if (fstat(image, &st) < 0 || st.st_nlink == 0)
        return error_set(err, "%s is being removed", name);
    AUTO_FREE char *made_over = read_rootfs(dir);
    int result = made_over ? check_image(image, name, made_over, rootfs, size, err)
                           : make_image(dir, image, rootfs, size, err);
    if (result < 0)
        return -1;
    *ret_fd = take_fd(&image);
    return 0;
}

int kept_upper_open(const char *base, const char *name, const char *rootfs, uint64_t size,
                    int *ret_fd, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    AUTO_FREE char *path = realpath(rootfs, NULL);
    if (!path)
        return error_errno(err, "cannot resolve %s", rootfs);
    if (data_directory_open(base, KIND, true, &parent, err) < 0)
        return error_wrap(err, "--keep");
    bool fresh = mkdirat(parent, name, 0700) == 0;
    if (!fresh && errno != EEXIST)
        return error_errno(err, "--keep: cannot make a place for %s", name);
    AUTO_CLOSE int dir = openat(parent, name, DIR_FLAGS);
    if (dir < 0)
        return error_errno(err, "--keep: cannot open the place of %s", name);
    if (open_locked(dir, name, path, size, ret_fd, err) == 0)
        return 0;
    if (fresh)
        remove_tree(parent, name, NULL);
    return error_wrap(err, "--keep");
}

/* ---- listing ---- */

static void add(int parent, const char *name, struct kept_upper_list *list)
{
    struct stat st = {0};
    struct flock lock = first_byte();
    AUTO_CLOSE int dir = openat(parent, name, DIR_FLAGS);
    AUTO_CLOSE int image = dir < 0 ? -1 : openat(dir, IMAGE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (image < 0 || fstat(image, &st) < 0)
        return;
    char *rootfs = read_rootfs(dir);
    list->items = xrealloc(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct kept_upper){
        .name = xstrdup(name),
        .rootfs = rootfs ? rootfs : xstrdup(""),
        .size = (uint64_t)st.st_size,
        .used = (uint64_t)st.st_blocks * 512,
        .in_use = fcntl(image, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK,
    };
}

int kept_upper_list(const char *base, struct kept_upper_list *ret, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    AUTO_STRINGS struct strings names = {0};
    if (data_directory_open(base, KIND, false, &parent, err) < 0)
        return -1;
    if (parent < 0)
        return 0;
    if (data_directory_names(parent, &names, err) < 0)
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

/* ---- removing ---- */

static int lock_to_remove(int parent, const char *name, int *ret_image, struct error *err)
{
    if (object_name_check("the container", name, err) < 0)
        return -1;
    AUTO_FREE char *path = xasprintf("%s/" IMAGE, name);
    AUTO_CLOSE int image = parent < 0 ? -1 : openat(parent, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (image < 0 && (parent < 0 || errno == ENOENT))
        return error_set(err, "no such kept container: %s", name);
    if (image < 0)
        return error_errno(err, "cannot open the kept container %s", name);
    if (lock_image(image, name, err) < 0)
        return -1;
    *ret_image = take_fd(&image);
    return 0;
}

int kept_upper_remove(const char *base, char *const *names, size_t count, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (data_directory_open(base, KIND, false, &parent, err) < 0)
        return -1;
    int *images = xcalloc(count, sizeof(*images));
    int result = 0;
    for (size_t i = 0; i < count; i++)
        images[i] = -1;
    for (size_t i = 0; i < count && result == 0; i++)
        result = lock_to_remove(parent, names[i], &images[i], err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = remove_tree(parent, names[i], err);
    for (size_t i = 0; i < count; i++)
        close_fd(&images[i]);
    free(images);
    return result;
}
