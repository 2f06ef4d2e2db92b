/*
 * Mounting with the descriptor-based calls of Linux 5.2: fsopen(2), fsconfig(2), fsmount(2),
 * move_mount(2). Unlike mount(2) they pass options of any length and say what was wrong.
 */
#ifndef VMC_GUEST_AGENT_BASE_MOUNTS_H
#define VMC_GUEST_AGENT_BASE_MOUNTS_H

#include <stdbool.h>

#include <sys/mount.h>

#include "common/error.h"

struct mount_option {
    const char *key;   /* NULL: the end */
    const char *value; /* NULL: a flag */
};

/* For what holds data only. */
#define MOUNT_CONFINED (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/*
 * A new file system that is mounted nowhere yet; the caller owns the descriptor. options end with
 * {NULL}; attributes are MOUNT_ATTR_* of mount_setattr(2).
 */
int mount_detached(const char *type, const struct mount_option *options, unsigned attributes,
                   struct error *err);

/*
 * Mounts what mount_detached() gave (borrowed) on target, after making the directory, and those
 * above it, if they are missing. what names it in errors.
 */
int mount_attach(int mount, const char *what, const char *target, struct error *err);

/* Mounts a new file system on target, which exists. */
int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
              const char *target, struct error *err);

/* mount_detached() and mount_attach(). */
int mount_on_directory(const char *type, const struct mount_option *options, unsigned attributes,
                       const char *target, struct error *err);

/*
 * Mounts the file or directory source (relative to dirfd), with what is mounted below it, on
 * target, which is made if it is missing; attributes are added to those it has.
 */
int mount_bind(int dirfd, const char *source, const char *target, unsigned attributes,
               struct error *err);

/*
 * Makes target, an absolute path, a directory or an empty file, with all directories above it. What
 * is there already stays. Symbolic links are followed, also one that leads nowhere: what it names
 * is made then. Here and in the functions above no link leads out of the root.
 */
int mount_point_make(const char *target, bool directory, struct error *err);

#endif
