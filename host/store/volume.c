#include "host/store/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "host/base/data_directory.h"
#include "host/base/object_name.h"
#include "host/base/remove_tree.h"

#define KIND "volumes"
#define DATA "data"
#define LOCK "lock"
/* How often a volume can be removed while it is being taken, before somebody is playing tricks. */
#define ATTEMPTS 16

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The whole file, by the open file description: it ends when nobody has that open. fcntl(2) */
static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* -1 with errno. */
static int open_lock(int parent, const char *name)
{
    AUTO_FREE char *path = xasprintf("%s/" LOCK, name);
    return openat(parent, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int take_lock(int fd, short type, const char *name, struct error *err)
{
    struct flock lock = whole_file(type);
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return error_errno(err, "cannot lock the volume %s", name);
    return error_set(err, "the volume %s is %s", name,
                     type == F_RDLCK ? "being removed" : "in use");
}

/* True if NAME is still the directory open at dir: nobody has removed it meanwhile. */
static bool is_current(int parent, const char *name, int dir)
{
    struct stat there, here;
    return fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir, &here) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

static int make_data(int dir, const char *name, struct error *err)
{
    if (mkdirat(dir, DATA, 0755) == 0) {
        /* Whatever the caller's umask is: it is the container's directory. */
        if (fchmodat(dir, DATA, 0755, 0) < 0)
            return error_errno(err, "cannot make the volume %s", name);
    } else if (errno != EEXIST) {
        return error_errno(err, "cannot make the volume %s", name);
    }
    return 0;
}

int named_volume_use(const char *base, const char *name, int *ret_dir, int *ret_lock,
                     struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (data_directory_open(base, KIND, true, &parent, err) < 0)
        return -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make the volume %s", name);
        AUTO_CLOSE int dir = openat(parent, name, DIR_FLAGS);
        AUTO_CLOSE int lock = dir < 0 ? -1 : open_lock(dir, ".");
        if (lock < 0 && errno == ENOENT)
            continue;
        if (lock < 0)
            return error_errno(err, "cannot open the volume %s", name);
        if (take_lock(lock, F_RDLCK, name, err) < 0)
            return -1;
        if (!is_current(parent, name, dir))
            continue;
        if (make_data(dir, name, err) < 0)
            return -1;
        *ret_dir = take_fd(&dir);
        *ret_lock = take_fd(&lock);
        return 0;
    }
    return error_set(err, "the volume %s is being removed all the time", name);
}

/* ---- listing ---- */

static bool is_locked(int parent, const char *name)
{
    AUTO_CLOSE int fd = open_lock(parent, name);
    struct flock lock = whole_file(F_WRLCK);
    return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int named_volume_list(const char *base, struct named_volume_list *ret, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    AUTO_STRINGS struct strings names = {0};
    if (data_directory_open(base, KIND, false, &parent, err) < 0)
        return -1;
    if (parent < 0)
        return 0;
    if (data_directory_names(parent, &names, err) < 0)
        return -1;
    ret->items = xcalloc(names.count, sizeof(*ret->items));
    for (; ret->count < names.count; ret->count++) {
        const char *name = names.items[ret->count];
        ret->items[ret->count] = (struct named_volume){
            .name = xstrdup(name),
            .path = xasprintf("%s/" KIND "/%s/" DATA, base, name),
            .in_use = is_locked(parent, name),
        };
    }
    return 0;
}

void named_volume_list_free(struct named_volume_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].path);
    }
    free(list->items);
    *list = (struct named_volume_list){0};
}

/* ---- removing ---- */

/* Where a volume goes while it is removed: out of sight, so that half of one is never used. */
static char *removed_name(const char *name)
{
    return xasprintf(".removed-%s", name);
}

/* *ret_lock stays -1 where an earlier removal was interrupted, and all that is left is hidden. */
static int lock_to_remove(int parent, const char *name, int *ret_lock, struct error *err)
{
    if (object_name_check("the volume", name, err) < 0)
        return -1;
    AUTO_FREE char *hidden = removed_name(name);
    AUTO_CLOSE int lock = parent < 0 ? -1 : open_lock(parent, name);
    if (lock < 0 && parent >= 0 && errno != ENOENT)
        return error_errno(err, "cannot open the volume %s", name);
    if (lock < 0 && (parent < 0 || faccessat(parent, hidden, F_OK, AT_SYMLINK_NOFOLLOW) < 0))
        return error_set(err, "no such volume: %s", name);
    if (lock >= 0 && take_lock(lock, F_WRLCK, name, err) < 0)
        return -1;
    *ret_lock = take_fd(&lock);
    return 0;
}

static int remove_locked(int parent, const char *name, bool present, struct error *err)
{
    AUTO_FREE char *hidden = removed_name(name);
    if (remove_tree(parent, hidden, err) < 0)
        return error_wrap(err, "the volume %s", name);
    if (!present)
        return 0;
    if (renameat(parent, name, parent, hidden) < 0)
        return error_errno(err, "cannot remove the volume %s", name);
    return remove_tree(parent, hidden, err) < 0 ? error_wrap(err, "the volume %s", name) : 0;
}

int named_volume_remove(const char *base, char *const *names, size_t count, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (data_directory_open(base, KIND, false, &parent, err) < 0)
        return -1;
    int *locks = xcalloc(count, sizeof(*locks));
    int result = 0;
    for (size_t i = 0; i < count; i++)
        locks[i] = -1;
    for (size_t i = 0; i < count && result == 0; i++)
        result = lock_to_remove(parent, names[i], &locks[i], err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = remove_locked(parent, names[i], locks[i] >= 0, err);
    for (size_t i = 0; i < count; i++)
        close_fd(&locks[i]);
    free(locks);
    return result;
}
