/*
 * What --volume and --mount ask for, checked. Pure: no file is looked at here; volumes.h does that.
 */
#ifndef VMC_HOST_SPEC_VOLUMES_H
#define VMC_HOST_SPEC_VOLUMES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/container_config.h"
#include "common/error.h"
#include "host/cli/request.h"

/* How much the guest's kernel keeps of a volume. */
enum volume_cache {
    VOLUME_CACHE_NONE,  /* nothing: each side sees what the other writes */
    VOLUME_CACHE_MMAP,  /* contents of open files, for shared memory maps that are written to */
    VOLUME_CACHE_LOOSE, /* everything, unchecked: nothing else changes the volume */
    VOLUME_CACHE_COUNT,
};

const char *volume_cache_name(enum volume_cache cache);

/* More than that is a mistake, and the agent takes no longer list. */
#define VOLUMES_MAX 512

struct volume_spec {
    char *origin; /* owned: of the setting, for errors */
    bool named;
    char *source; /* owned: a name, or a host path as it was given */
    char *target; /* owned: absolute path in the container, without '.', '..' and '//' */
    bool read_only;
    enum volume_cache cache;
};

/* In the order in which they are mounted: what lies in another comes after it. */
struct volume_list {
    struct volume_spec *items;
    size_t count;
};

/*
 * Appends one value of --volume: SRC[:DST][:OPTIONS]. cwd is absolute: it completes the DST that a
 * relative SRC without one stands for.
 */
int volume_parse(const struct setting *s, const char *cwd, struct volume_list *list,
                 struct error *err);

/* All that a command line asks for, sorted. *ret is filled also after a failure. */
int volume_list_resolve(const struct request *req, struct volume_list *ret, struct error *err);
void volume_list_free(struct volume_list *list);

/* The mount tag of the share that carries the volumes of a cache mode. */
const char *volume_tag(enum volume_cache cache);

/*
 * Appends the volumes to the agent's list of mounts; the i-th is entry i of its share, which comes
 * by virtiofs, or as the machine's shares do.
 */
void volume_list_fill(const struct volume_list *list, bool virtiofs, struct mount_list *ret);

/* Sources that are paths must exist: a file or a directory, and not one of the kernel. */
int volumes_check(const struct volume_list *list, struct error *err);

#endif
