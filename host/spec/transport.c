#include "host/spec/transport.h"

#include <string.h>
#include <sys/resource.h>

#include "host/base/virtiofsd.h"

#define OPTION "--rootfs-transport"

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
    static const char reason[] = "QEMU's own server (9p) would change whichever file has the name "
                                 "of an open one by then";
    const struct volume_spec *writable = find_writable(&spec->volumes);
    if (writes_through(spec))
        return error_set(err, "--upper %s: %s, and %s; --upper ram or disk needs none",
                         upper_name(spec->upper), why->text, reason);
    if (writable)
        return error_set(err, "--volume %s: %s, and %s; a volume can be read without (:ro)",
                         writable->source, why->text, reason);
    if (spec->volumes.count > 0 && (spec->kernel || spec->distro))
        return error_set(err,
                         "--volume %s: %s, and over 9p this kernel takes a listing that failed for "
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
    return error_set(err,
                     "the limit on the size of files here (ulimit -f) is %llu bytes, and a machine "
                     "whose files come by virtiofs has its memory, %llu bytes, in one: raise the "
                     "limit, or give a smaller --memory",
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

int transport_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err)
{
    const char *value = request_value(req, OPTION_TRANSPORT);
    if (value && strcmp(value, "9p") != 0 && strcmp(value, "virtiofs") != 0)
        return error_set(err, OPTION " '%s' is neither 9p nor virtiofs", value);
    if (spec->backend != BACKEND_QEMU && spec->backend != BACKEND_LIBVIRT)
        return 0;
    if (value && spec->image)
        return error_set(err, OPTION " is for directories, and %s is an image, which is a disk",
                         spec->rootfs);
    if (value && strcmp(value, "9p") == 0 && writes_through(spec))
        return error_set(err,
                         OPTION " 9p is for what is only read, and --upper %s writes to the host's",
                         upper_name(spec->upper));
    spec->virtiofs = value && strcmp(value, "virtiofs") == 0;
    if (spec->virtiofs && !virtiofsd_find(err))
        return error_wrap(err, OPTION " virtiofs");
    if (choose(spec, err) < 0)
        return -1;
    return check_file_limit(spec, err);
}

const char *transport_spec_lack(const struct vm_spec *spec)
{
    bool machine = spec->backend == BACKEND_QEMU || spec->backend == BACKEND_LIBVIRT;
    if (!machine || spec->volumes.count == 0 || spec->virtiofs_volumes)
        return NULL;
    return "volumes come over 9p, since no virtiofsd can be used: a file that the host replaces is "
           "another one for who has it open, and capabilities of files are not seen";
}
