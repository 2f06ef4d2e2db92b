/*
 * --mount, as docker writes volumes and tmpfs: type=bind,src=DIR,dst=DIR,ro. It says nothing that
 * --volume and --tmpfs cannot, and is read into the same structures.
 */
#ifndef VMC_HOST_SPEC_MOUNT_OPTION_H
#define VMC_HOST_SPEC_MOUNT_OPTION_H

#include <stdbool.h>

#include "common/error.h"
#include "host/cli/request.h"

enum mount_type {
    MOUNT_OPTION_BIND,
    MOUNT_OPTION_VOLUME,
    MOUNT_OPTION_TMPFS,
};

/* Texts are owned, or NULL. */
struct mount_option_spec {
    enum mount_type type;
    char *source;
    char *target;
    char *options; /* as after the last colon of --volume or --tmpfs */
};

/* Parses one value. *ret is filled also after a failure, for mount_option_free(). */
int mount_option_parse(const struct setting *s, struct mount_option_spec *ret, struct error *err);
void mount_option_free(struct mount_option_spec *spec);

#endif
