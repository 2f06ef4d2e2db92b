#include "host/store/named.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host/base/directories.h"
#include "host/base/object_name.h"
#include "host/base/remove_tree.h"

/* A directory that is removed this often while it is being opened looks like an attack. */
#define ATTEMPTS 16

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* With create the directory is made; without, *ret_fd is -1 if there is none. */
static int open_parent(const struct named_kind *kind, const char *base, bool create, int *ret_fd,
                       struct error *err)
{
    struct stat st;
    if (!base)
        return error_set(err, "there is no home directory to keep things in; set XDG_DATA_HOME");
    AUTO_FREE char *path = xasprintf("%s/%s", base, kind->directory);
    if (create)
        make_directories(path);
    AUTO_CLOSE int fd = open(path, DIR_FLAGS);
    if (fd < 0 && (create || errno != ENOENT))
        return error_errno(err, "cannot open %s (set XDG_DATA_HOME to keep things elsewhere)",
                           path);
    if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid()))
        return error_set(
            err, "%s belongs to another user; set XDG_DATA_HOME to a directory of your own", path);
    if (fd >= 0 && (st.st_mode & 077) != 0 && fchmod(fd, 0700) < 0)
        return error_errno(err, "cannot make %s private", path);
    *ret_fd = take_fd(&fd);
    return 0;
}

/* ---- locks ---- */

/* The first byte: QEMU's own locks on an image are on bytes from 100 on. */
static struct flock first_byte(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
}

/* -1 with errno. */
static int open_lock(const struct named_kind *kind, int parent, const char *name, int flags)
{
    AUTO_FREE char *path = xasprintf("%s/%s", name, kind->lock);
    return openat(parent, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
}

static int take_lock(const struct named_kind *kind, int fd, short type, const char *name,
                     struct error *err)
{
    struct flock lock = first_byte(type);
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return error_errno(err, "cannot lock the %s %s", kind->what, name);
    return error_set(err, "the %s %s is %s", kind->what, name,
                     type == F_RDLCK ? "being removed" : "in use");
}

bool named_in_use(const struct named_kind *kind, int parent, const char *name)
{
    AUTO_CLOSE int fd = open_lock(kind, parent, name, 0);
    struct flock lock = first_byte(F_WRLCK);
    return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* ---- using ---- */

/* True if NAME is still the directory open at dir: it has not been removed meanwhile. */
static bool is_current(int parent, const char *name, int dir)
{
    struct stat there, here;
    return fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir, &here) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

int named_use(const struct named_kind *kind, const char *base, const char *name, short lock_type,
              int *ret_dir, int *ret_lock, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (open_parent(kind, base, true, &parent, err) < 0)
        return -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
            return error_errno(err, "cannot make the %s %s", kind->what, name);
        AUTO_CLOSE int dir = openat(parent, name, DIR_FLAGS);
        AUTO_CLOSE int lock = dir < 0 ? -1 : open_lock(kind, dir, ".", O_CREAT);
        if (lock < 0 && errno == ENOENT)
            continue;
        if (lock < 0)
            return error_errno(err, "cannot open the %s %s", kind->what, name);
        if (take_lock(kind, lock, lock_type, name, err) < 0)
            return -1;
        if (!is_current(parent, name, dir))
            continue;
        *ret_dir = take_fd(&dir);
        *ret_lock = take_fd(&lock);
        return 0;
    }
    return error_set(err, "the %s %s is being removed again and again", kind->what, name);
}

/* ---- listing ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int named_list(const struct named_kind *kind, const char *base, int *ret_parent,
               struct strings *ret, struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (open_parent(kind, base, false, &parent, err) < 0)
        return -1;
    if (parent < 0)
        return 0;
    AUTO_CLOSE int fd = openat(parent, ".", DIR_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (!dir)
        return error_errno(err, "cannot read %s/%s", base, kind->directory);
    take_fd(&fd);
    while ((entry = readdir(dir)))
        if (object_name_check("", entry->d_name, NULL) == 0)
            strings_add(ret, entry->d_name);
    closedir(dir);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare);
    *ret_parent = take_fd(&parent);
    return 0;
}

/* ---- removing ---- */

/* The name while it is being removed: hidden, so that a half-removed one is never used. */
static char *removed_name(const char *name)
{
    return xasprintf(".removed-%s", name);
}

/* *ret_lock stays -1 if an earlier removal was interrupted and only the hidden rest is left. */
static int lock_to_remove(const struct named_kind *kind, int parent, const char *name,
                          int *ret_lock, struct error *err)
{
    AUTO_FREE char *about = xasprintf("the %s", kind->what);
    if (object_name_check(about, name, err) < 0)
        return -1;
    AUTO_FREE char *hidden = removed_name(name);
    AUTO_CLOSE int lock = parent < 0 ? -1 : open_lock(kind, parent, name, O_CREAT);
    if (lock < 0 && parent >= 0 && errno != ENOENT)
        return error_errno(err, "cannot open the %s %s", kind->what, name);
    if (lock < 0 && (parent < 0 || faccessat(parent, hidden, F_OK, AT_SYMLINK_NOFOLLOW) < 0))
        return error_set(err, "no such %s: %s", kind->what, name);
    if (lock >= 0 && take_lock(kind, lock, F_WRLCK, name, err) < 0)
        return -1;
    *ret_lock = take_fd(&lock);
    return 0;
}

static int remove_locked(const struct named_kind *kind, int parent, const char *name, bool present,
                         struct error *err)
{
    AUTO_FREE char *hidden = removed_name(name);
    if (remove_tree(parent, hidden, err) < 0)
        return error_wrap(err, "the %s %s", kind->what, name);
    if (!present)
        return 0;
    if (renameat(parent, name, parent, hidden) < 0)
        return error_errno(err, "cannot remove the %s %s", kind->what, name);
    return remove_tree(parent, hidden, err) < 0 ? error_wrap(err, "the %s %s", kind->what, name)
                                                : 0;
}

int named_remove(const struct named_kind *kind, const char *base, char *const *names, size_t count,
                 struct error *err)
{
    AUTO_CLOSE int parent = -1;
    if (open_parent(kind, base, false, &parent, err) < 0)
        return -1;
    int *locks = xcalloc(count, sizeof(*locks));
    int result = 0;
    for (size_t i = 0; i < count; i++)
        locks[i] = -1;
    for (size_t i = 0; i < count && result == 0; i++)
        result = lock_to_remove(kind, parent, names[i], &locks[i], err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = remove_locked(kind, parent, names[i], locks[i] >= 0, err);
    for (size_t i = 0; i < count; i++)
        close_fd(&locks[i]);
    free(locks);
    return result;
}
