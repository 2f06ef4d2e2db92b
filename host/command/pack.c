/*
 * vmc pack: a root file system as one read-only image.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "host/base/id_range.h"
#include "host/base/signals.h"
#include "host/base/userns.h"
#include "host/command/commands.h"
#include "host/jail/isolation.h"
#include "host/rootfs/pack.h"
#include "host/rootfs/rootfs.h"
#include "host/spec/rootfs_arch.h"
#include "host/spec/spec.h"
#include "host/store/container.h"

/* clang-format off */
static const struct option pack_rows[] = {
    {.id = OPTION_OUTPUT, .name = "--output", .letter = 'o', .metavar = "FILE", .on = ON_ANY, .layer = BY_VMC,
     .help = "file for the image; it must not exist yet"},
    {.id = OPTION_FORCE, .name = "--force", .letter = 'f', .on = ON_ANY, .layer = BY_VMC,
     .help = "overwrite FILE, once the new image is complete"},
};
/* clang-format on */
const struct option_group pack_options = OPTION_GROUP(TITLE_ROOTFS, pack_rows);

/* Everything one packing owns. */
struct packing {
    struct rootfs_source source; /* its path is borrowed */
    const struct arch *arch;
    struct target {
        int dir_fd; /* the directory it is made in */
        const char *path;
        const char *name; /* in that directory; borrowed, as the path */
        bool replace;
    } target;
    int image_fd; /* without a name until it is complete */
    int signal_fd;
    struct container container;
    struct id_range ids;
    struct isolation isolation;
    struct rootfs rootfs;
};

static int check_tree(struct packing *p, const struct request *req, struct error *err)
{
    struct strings no_environment = {0};
    const char *name = request_value(req, OPTION_ARCH);
    const struct arch *named = name ? arch_find(name) : NULL;
    struct stat st;
    if (name && !named)
        return error_set(err, "--arch '%s' is not an architecture that vmc has guests for", name);
    if (stat(p->source.path, &st) < 0)
        return error_errno(err, "root file system %s", p->source.path);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, "root file system %s: not a directory", p->source.path);
    return rootfs_arch(p->source.path, "/bin/sh", "/", &no_environment, named, &p->arch, err);
}

static int open_target(struct packing *p, const struct request *req, struct error *err)
{
    struct target *t = &p->target;
    struct stat st;
    t->path = request_value(req, OPTION_OUTPUT);
    t->replace = request_has(req, OPTION_FORCE);
    if (!t->path)
        return error_set(err, "give --output IMAGE, the file for the image");
    const char *slash = strrchr(t->path, '/');
    t->name = slash ? slash + 1 : t->path;
    if (t->name[0] == '\0')
        return error_set(err, "--output '%s' is not the name of a file", t->path);
    AUTO_FREE char *dir =
        slash ? xasprintf("%.*s", (int)(slash - t->path + 1), t->path) : xstrdup(".");
    t->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->dir_fd < 0)
        return error_errno(err, "--output %s", t->path);
    if (fstatat(t->dir_fd, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (!t->replace)
            return error_set(err, "--output %s already exists; --force overwrites it", t->path);
        if (!S_ISREG(st.st_mode))
            return error_set(err, "--output %s is not a regular file and is not overwritten",
                             t->path);
    }
    /* It holds files that the tree hides from other users: only its owner may read it. */
    p->image_fd = openat(t->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return p->image_fd < 0 ? error_errno(err, "cannot make the image in %s", dir) : 0;
}

/* Gives the image its name, atomically even if there already is one of that name. */
static int name_image(const struct packing *p, struct error *err)
{
    const struct target *t = &p->target;
    AUTO_FREE char *unnamed = xasprintf("/proc/self/fd/%d", p->image_fd);
    AUTO_FREE char *other = xasprintf(".vmc-%s", p->container.id);
    const char *name = t->replace ? other : t->name;
    if (fsync(p->image_fd) < 0)
        return error_errno(err, "cannot write %s", t->path);
    if (linkat(AT_FDCWD, unnamed, t->dir_fd, name, AT_SYMLINK_FOLLOW) < 0)
        return error_errno(err, "cannot name %s", t->path);
    if (!t->replace || renameat(t->dir_fd, other, t->dir_fd, t->name) == 0)
        return 0;
    error_errno(err, "cannot name %s", t->path);
    unlinkat(t->dir_fd, other, 0);
    return -1;
}

/*
 * The tree as a run would show it: without the file systems mounted below it, with the ids of the
 * caller's user namespace, read-only.
 */
static int show_tree(struct packing *p, struct error *err)
{
    if (signals_open(&p->signal_fd, err) < 0 || state_create(&p->container, err) < 0 ||
        namespaces_enter(p->source.unprivileged, err) < 0)
        return -1;
    state_sweep(&p->container);
    return rootfs_show(&p->source, &p->container, &p->ids, &p->isolation, &p->rootfs, err);
}

static void release(struct packing *p)
{
    rootfs_free(&p->rootfs);
    state_remove(&p->container);
    isolation_free(&p->isolation);
    close_fd(&p->signal_fd);
    close_fd(&p->image_fd);
    close_fd(&p->target.dir_fd);
}

int cmd_pack(const struct request *req, int *ret_status, struct error *err)
{
    struct packing p = {
        .source = {.path = req->args[0], .unprivileged = geteuid() != 0, .upper = UPPER_RAM},
        .target.dir_fd = -1,
        .image_fd = -1,
        .signal_fd = -1,
        .container = CONTAINER_INIT,
        .ids = ID_RANGE_INIT,
        .rootfs = ROOTFS_INIT,
    };
    int result = check_tree(&p, req, err);
    if (result == 0)
        result = open_target(&p, req, err);
    if (result == 0)
        result = show_tree(&p, err);
    if (result == 0)
        result = image_pack(p.rootfs.share, p.arch, p.image_fd, p.signal_fd, err);
    if (result == 0)
        result = name_image(&p, err);
    release(&p);
    *ret_status = 0;
    return result;
}
