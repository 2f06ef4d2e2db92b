#include "host/store/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "host/base/cgroup.h"
#include "host/base/id_range.h"
#include "host/base/idmap.h"
#include "host/base/notice.h"
#include "host/base/remove_tree.h"
#include "host/base/userns.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* /tmp is shared: a base that another user made there, or may write to, is refused. */
static int check_private(int fd, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return error_errno(err, "cannot look at %s", path);
    if (st.st_uid != geteuid())
        return error_set(err,
                         "%s belongs to another user; set XDG_RUNTIME_DIR to a directory of "
                         "your own",
                         path);
    if ((st.st_mode & 077) != 0 && fchmod(fd, 0700) < 0)
        return error_errno(err, "cannot make %s private", path);
    return 0;
}

/* Takes path as the base if it can be made and opened and belongs to us. */
static int try_base(struct container *c, char *path, struct error *err)
{
    c->base = path;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return error_errno(
            err, "cannot make the directory %s (set XDG_RUNTIME_DIR to a writable one)", path);
    c->base_fd = open(path, DIR_FLAGS);
    if (c->base_fd < 0)
        return error_errno(err, "cannot open %s", path);
    return check_private(c->base_fd, path, err);
}

/*
 * As the XDG base directory specification requires: another user could replace our directory in
 * theirs.
 */
static bool is_own_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 022) == 0;
}

/* Takes path, owned, if possible; the reason why not is for --debug. */
static bool can_use(struct container *c, char *path)
{
    struct error err = ERROR_INIT;
    if (try_base(c, path, &err) == 0)
        return true;
    log_debug("%s", err.text);
    close_fd(&c->base_fd);
    free(c->base);
    c->base = NULL;
    return false;
}

/* Root of a user namespace has a /run to use only if a container engine made one for it. */
int state_open_base(struct container *c, struct error *err)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && runtime[0] == '/' && is_own_directory(runtime) &&
        can_use(c, xasprintf("%s/vmc", runtime)))
        return 0;
    if (am_host_root())
        return try_base(c, xstrdup("/run/vmc"), err);
    if (geteuid() == 0 && can_use(c, xstrdup("/run/vmc")))
        return 0;
    return try_base(c, xasprintf("/tmp/vmc-%u", uid_outside()), err);
}

void state_close_base(struct container *c)
{
    close_fd(&c->base_fd);
    free(c->base);
    c->base = NULL;
}

static void make_id(char id[13])
{
    unsigned char random[6];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        abort();
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
}

int state_create(struct container *c, struct error *err)
{
    if (state_open_base(c, err) < 0)
        return -1;
    make_id(c->id);
    /* The shared lock on BASE holds off a sweep between mkdir and the lock on the directory. */
    if (flock(c->base_fd, LOCK_SH) < 0)
        return error_errno(err, "cannot lock %s", c->base);
    if (mkdirat(c->base_fd, c->id, 0700) < 0)
        return error_errno(err, "cannot make a directory in %s", c->base);
    c->dir = xasprintf("%s/%s", c->base, c->id);
    c->dir_fd = openat(c->base_fd, c->id, DIR_FLAGS);
    if (c->dir_fd < 0 || flock(c->dir_fd, LOCK_EX | LOCK_NB) < 0)
        return error_errno(err, "cannot lock %s", c->dir);
    flock(c->base_fd, LOCK_UN);
    return 0;
}

int state_mkdir(const struct container *c, const char *name, char **ret_path, struct error *err)
{
    if (mkdirat(c->dir_fd, name, 0755) < 0)
        return error_errno(err, "cannot make %s/%s", c->dir, name);
    *ret_path = xasprintf("%s/%s", c->dir, name);
    return 0;
}

static int empty(void *arg, struct error *err)
{
    return remove_contents(*(const int *)arg, err);
}

/*
 * Empties a directory in which a guest wrote under the ids of a range: only with that range's
 * rights, so that nothing in it can make the host's root do something.
 */
static int empty_as_range(int parent_fd, const char *name, struct error *err)
{
    AUTO_CLOSE int dir = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    AUTO_CLOSE int userns = -1;
    struct stat st;
    if (dir < 0 || fstat(dir, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : error_errno(err, "cannot open %s", name);
    uint32_t first = id_range_of(st.st_uid);
    if (first == 0)
        return 0;
    if (idmap_userns(first, &userns, err) < 0)
        return -1;
    return idmap_run(userns, NULL, empty, &dir, err);
}

/* The control groups noted in a container's directory, and the directory with all its contents. */
static int remove_container(int base_fd, const char *id, struct error *err)
{
    AUTO_CLOSE int dir = openat(base_fd, id, DIR_FLAGS);
    if (dir < 0)
        return errno == ENOENT ? 0 : error_errno(err, "cannot open %s", id);
    if (host_cgroup_sweep(dir, err) < 0)
        return -1;
    if (empty_as_range(dir, "upper", err) < 0 || empty_as_range(dir, "work", err) < 0)
        return error_wrap(err, "container %s", id);
    return remove_tree(base_fd, id, err);
}

static void sweep_one(const struct container *c, const char *name)
{
    AUTO_CLOSE int fd = openat(c->base_fd, name, DIR_FLAGS);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    struct error err = ERROR_INIT;
    if (remove_container(c->base_fd, name, &err) < 0)
        log_debug("%s", err.text);
    else
        log_debug("removed the leftovers of container %s", name);
}

void state_sweep(const struct container *c)
{
    if (flock(c->base_fd, LOCK_EX | LOCK_NB) < 0)
        return; /* another vmc starts or sweeps right now; the next start will do it */
    int fd = openat(c->base_fd, ".", DIR_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, c->id) != 0)
            sweep_one(c, entry->d_name);
    if (dir)
        closedir(dir);
    flock(c->base_fd, LOCK_UN);
}

void state_remove(struct container *c)
{
    struct error err = ERROR_INIT;
    if (c->dir && remove_container(c->base_fd, c->id, &err) < 0)
        notice("warning: %s", err.text);
    close_fd(&c->dir_fd);
    close_fd(&c->base_fd);
    free(c->dir);
    free(c->base);
    c->dir = c->base = NULL;
}
