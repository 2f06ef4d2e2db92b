#include "host/spec/rootfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/object_name.h"
#include "host/base/units.h"
#include "host/base/virtiofsd.h"
#include "host/spec/options.h"

#define UPPER_SIZE_MIN (1024ull * 1024)

static const char *const transport_names[] = {"9p", "virtiofs", NULL};

/* clang-format off */
static const struct option rootfs_rows[] = {
    {.id = OPTION_ROOTFS, .name = "--rootfs", .letter = 'r', .metavar = "DIR|IMAGE", .part = PART_CONTENT, .on = ON_ALL,
     .layer = BY_HOST,
     .help = "root file system of the container (default: the host's own /)",
     .manual = "Any directory that looks like a Linux root: one made by mmdebstrap or debootstrap, or an exported "
         "container; or an image that 'vmc pack' has made of one, which is faster. It is a read-only lower layer. By "
         "default it is the host's own /; other file systems mounted below it are not included."},
    {.id = OPTION_ROOTFS, .name = "--rootdir", .metavar = "DIR|IMAGE", .part = PART_CONTENT, .on = ON_ALL,
     .layer = BY_HOST,
     .hidden = true},
    {.id = OPTION_NOPRIV, .name = "--nopriv", .metavar = "DIR", .part = PART_CONTENT, .on = ON_ALL, .layer = BY_HOST,
     .help = "the same, always without privileges, even for root",
     .manual = "What an ordinary user gets anyway, stated explicitly: the tree is assembled in a user namespace, and "
         "the hypervisor has no privileges on the host. The workload still has real root privileges on its own "
         "kernel."},
    {.id = OPTION_UPPER, .name = "--upper", .metavar = "WHERE", .part = PART_CONTENT, .on = ON_ALL,
     .layer = BY_HOST_AND_AGENT,
     .help = "where changes go: ram[:SIZE], disk[:SIZE], host or none",
     .manual = "ram: a tmpfs in the guest, gone at the end; any file type works, since the guest's own kernel holds "
         "it. disk: the same on a sparse, unnamed file system image in $TMPDIR or /var/tmp, for large writes. host: an "
         "overlay on the host, without device nodes. none: no overlay; the directory itself is changed, which is "
         "refused for the host's own /. The last two need a virtiofsd and a cold boot.",
     .default_value = "ram", .choices = upper_names + UPPER_RAM},
    {.id = OPTION_TRANSPORT, .name = "--rootfs-transport", .metavar = "WHICH", .on = ON_MACHINES, .layer = BY_MACHINE,
     .help = "how the machine reads the directory: 9p or virtiofs",
     .manual = "9p: QEMU itself serves the files; the default for --upper ram and disk, which only read the directory. "
         "virtiofs: a separate process serves them, virtiofsd in a jail of its own: directories of many files are read "
         "in a fraction of the time and file capabilities work, at the cost of more memory and a cold boot each time. "
         "--upper host and none always use it, as volumes do.",
     .choices = transport_names},
    {.id = OPTION_DIRECT, .name = "--direct", .letter = 'D', .part = PART_CONTENT, .on = ON_ALL, .layer = BY_HOST,
     .help = "change DIR itself, the same as --upper none"},
    {.id = OPTION_KEEP, .name = "--keep", .letter = 'k', .on = ON_MACHINES, .layer = BY_HOST,
     .help = "keep the changes for the next run with --keep and the same --name",
     .manual = "Changes go to a disk image of that name, as with --upper disk, which this option implies. Only one run "
         "at a time can use it, with the root file system that it was made for. What the workload has synced is on the "
         "disk, whatever happens to vmc. Without --name vmc makes up a name and prints it."},
    {.id = OPTION_NAME, .name = "--name", .metavar = "NAME", .on = ON_ALL, .layer = BY_HOST_AND_AGENT,
     .help = "name of the container: for --keep, and its host name unless --hostname says otherwise"},
};
/* clang-format on */
const struct option_group rootfs_options = OPTION_GROUP(TITLE_ROOTFS, rootfs_rows);

static int resolve_upper(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *given = request_setting(req, OPTION_UPPER);
    const struct setting *direct = request_setting(req, OPTION_DIRECT);
    const struct setting s = request_setting_or_default(req, OPTION_UPPER);
    const char *value = direct ? upper_names[UPPER_NONE] : s.value;
    if (direct && given && strcmp(given->value, value) != 0)
        return error_set(err, "%s is --upper none and cannot go with %s %s", direct->origin,
                         given->origin, given->value);
    const char *colon = strchrnul(value, ':');
    size_t length = (size_t)(colon - value);
    int i = choice_index(upper_names + UPPER_RAM, value, length);
    if (i < 0)
        return error_set(err, "%s '%s': it must be ram[:SIZE], disk[:SIZE], host or none", s.origin,
                         value);
    spec->upper = (enum upper)(UPPER_RAM + i);
    if (*colon == '\0')
        return 0;
    if (spec->upper != UPPER_RAM && spec->upper != UPPER_DISK)
        return error_set(err, "%s %s takes no size", s.origin, upper_names[spec->upper]);
    if (parse_size(colon + 1, &spec->upper_size, err) < 0)
        return error_wrap(err, "%s %s", s.origin, upper_names[spec->upper]);
    if (spec->upper_size < UPPER_SIZE_MIN || spec->upper_size > INT64_MAX / 2)
        return error_set(err, "%s %s: the size must be at least 1m", s.origin, value);
    return 0;
}

/* Fails where the rootfs cannot be used; *ret_host: it is the host's own root. */
static int check_rootfs(const char *rootfs, bool *ret_host, struct error *err)
{
    AUTO_CLOSE int fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat root, host;
    if (fd < 0 || fstat(fd, &root) < 0 || stat("/", &host) < 0)
        return error_errno(err, "root file system %s", rootfs);
    if (faccessat(fd, ".", R_OK | X_OK, AT_EACCESS) < 0)
        return error_errno(err, "root file system %s cannot be read", rootfs);
    *ret_host = host.st_dev == root.st_dev && host.st_ino == root.st_ino;
    return 0;
}

/* An image is read: what changes lies above it, in the guest. image_arch() looks at it. */
static int check_image(const struct vm_spec *spec, struct error *err)
{
    if (spec->upper == UPPER_RAM || spec->upper == UPPER_DISK)
        return 0;
    return error_set(err,
                     "--upper %s is for directories, and %s is an image, which is read-only: use "
                     "--upper ram or disk",
                     upper_name(spec->upper), spec->rootfs);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 || S_ISDIR(st.st_mode);
}

int rootfs_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *given = request_setting(req, OPTION_ROOTFS);
    const struct setting *nopriv = request_setting(req, OPTION_NOPRIV);
    const char *rootfs = given ? given->value : nopriv ? nopriv->value : "/";
    if (given && nopriv)
        return error_set(err, "%s DIR names the root file system itself: leave out %s %s",
                         nopriv->origin, given->origin, rootfs);
    spec->unprivileged = nopriv || geteuid() != 0;
    spec->rootfs = xstrdup(rootfs);
    spec->image = !is_directory(spec->rootfs);
    bool host;
    if (resolve_upper(req, spec, err) < 0)
        return -1;
    if (spec->image)
        return check_image(spec, err);
    if (check_rootfs(spec->rootfs, &host, err) < 0)
        return -1;
    if (host && spec->upper == UPPER_NONE)
        return error_set(err, "--upper none on the host's own / would let the guest change this "
                              "host; name another directory with --rootfs");
    return 0;
}

/* A kept layer is a disk; the name is the container's, and its host name. */
int keep_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *name = request_setting(req, OPTION_NAME);
    spec->keep = request_has(req, OPTION_KEEP);
    if (name && object_name_check(name->origin, name->value, err) < 0)
        return -1;
    spec->name = xstrdup_or_null(name ? name->value : NULL);
    if (!spec->hostname)
        spec->hostname = xstrdup_or_null(spec->name);
    if (spec->keep && request_has(req, OPTION_RM))
        return error_set(err, "--rm leaves nothing behind, but --keep keeps the changes: give one");
    if (!spec->keep || spec->upper == UPPER_DISK)
        return 0;
    if (request_has(req, OPTION_UPPER) || request_has(req, OPTION_DIRECT))
        return error_set(err, "--keep keeps a disk (--upper disk[:SIZE]): --upper %s has none",
                         upper_name(spec->upper));
    spec->upper = UPPER_DISK;
    return 0;
}

/* ---- how a machine reads it ---- */

/* The guest changes the directory itself, or an overlay of the host's. */
static bool writes_through(const struct vm_spec *spec)
{
    return spec->upper == UPPER_HOST || spec->upper == UPPER_NONE;
}

static const struct volume_spec *find_writable(const struct volume_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].read_only)
            return &list->items[i];
    return NULL;
}

/*
 * What 9p cannot do right. A change through an open file goes to the file that has its name by
 * then; and a kernel that vmc has not bred takes a listing that failed for an empty directory
 * (guest-kernel/patches/9p-listings-that-fail-are-errors.patch).
 */
static int check_nine_p(const struct vm_spec *spec, const struct error *why, struct error *err)
{
    static const char reason[] =
        "QEMU's own server (9p) would write to whichever file has the open file's name by then";
    const struct volume_spec *writable = find_writable(&spec->volumes);
    if (writes_through(spec))
        return error_set(err, "--upper %s: %s, and %s; --upper ram or disk needs none",
                         upper_name(spec->upper), why->text, reason);
    if (writable)
        return error_set(err, "%s %s: %s, and %s; a read-only volume (:ro) needs none",
                         writable->origin, writable->source, why->text, reason);
    if (spec->volumes.count > 0 && (spec->kernel || spec->distro))
        return error_set(err,
                         "--volume %s: %s, and over 9p this kernel mistakes a failed listing for "
                         "an empty directory",
                         spec->volumes.items[0].source, why->text);
    return 0;
}

/* What virtiofsd shares with QEMU, the guest's memory, is a file, and setrlimit(2) counts it as
 * one. */
static int check_file_limit(const struct vm_spec *spec, struct error *err)
{
    struct rlimit limit;
    if (spec->backend != BACKEND_QEMU || !(spec->virtiofs || spec->virtiofs_volumes) ||
        getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= spec->memory)
        return 0;
    return error_set(
        err,
        "the file size limit (ulimit -f) is %llu bytes, and with virtiofs the machine's memory, "
        "%llu bytes, is a file: raise the limit, or give a smaller --memory",
        (unsigned long long)limit.rlim_cur, (unsigned long long)spec->memory);
}

static int choose(struct vm_spec *spec, struct error *err)
{
    struct error why = ERROR_INIT;
    if (spec->volumes.count == 0 && !writes_through(spec))
        return 0;
    if (!virtiofsd_find(&why))
        return check_nine_p(spec, &why, err);
    spec->virtiofs_volumes = spec->volumes.count > 0;
    spec->virtiofs = spec->virtiofs || writes_through(spec);
    return 0;
}

int transport_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const struct setting *s = request_setting(req, OPTION_TRANSPORT);
    const char *value = s ? s->value : NULL;
    if (s && choice_index(transport_names, value, strlen(value)) < 0)
        return error_set(err, "%s '%s' is neither 9p nor virtiofs", s->origin, value);
    if (spec->backend != BACKEND_QEMU && spec->backend != BACKEND_LIBVIRT)
        return 0;
    if (s && spec->image)
        return error_set(err, "%s is for directories, and %s is an image, which is a disk",
                         s->origin, spec->rootfs);
    if (s && strcmp(value, "9p") == 0 && writes_through(spec))
        return error_set(err, "%s 9p is only for reading, and --upper %s writes to the host",
                         s->origin, upper_name(spec->upper));
    spec->virtiofs = s && strcmp(value, "virtiofs") == 0;
    if (s && spec->virtiofs && !virtiofsd_find(err))
        return error_wrap(err, "%s virtiofs", s->origin);
    if (choose(spec, err) < 0)
        return -1;
    return check_file_limit(spec, err);
}

const char *transport_lack(const struct vm_spec *spec)
{
    bool machine = spec->backend == BACKEND_QEMU || spec->backend == BACKEND_LIBVIRT;
    if (!machine || spec->volumes.count == 0 || spec->virtiofs_volumes)
        return NULL;
    return "no usable virtiofsd, so volumes use 9p: a file replaced on the host changes under "
           "programs that have it open, and file capabilities are not visible";
}
