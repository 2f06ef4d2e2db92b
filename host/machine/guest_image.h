/*
 * Finds the kernel and the initramfs of an architecture.
 */
#ifndef VMC_HOST_MACHINE_GUEST_IMAGE_H
#define VMC_HOST_MACHINE_GUEST_IMAGE_H

#include "common/error.h"
#include "host/base/arch.h"

struct guest_image {
    char *kernel; /* owned, absolute */
    char *initrd; /* owned, absolute */
};

/* Selects an image. All may be NULL, and are borrowed. */
struct image_choice {
    const char *kernel; /* files to use instead of the image's */
    const char *initrd;
    const char *distro; /* a distribution's kernel: its package, "" for the usual one */
};

/*
 * The bred image: in $VMC_GUEST_DIR/ARCH, else beside vmc's own binary in guest/ARCH (the build
 * tree), else in ../lib/vmc/guest/ARCH from it (an installation). A distribution's kernel is in
 * distro or distro-PACKAGE there. Every file is checked to be readable. Free with
 * guest_image_free().
 */
int guest_image_find(const struct arch *arch, const struct image_choice *choice,
                     struct guest_image *ret, struct error *err);

/* The bred image's directory, owned; -1 if there is none (err says how to get one). */
int guest_image_directory(const struct arch *arch, char **ret_path, struct error *err);

/*
 * How to get one, owned: an installed vmc (its program is in a bin directory) needs a package,
 * since there is no breeder beside it.
 */
char *guest_image_advice(const struct arch *arch);

void guest_image_free(struct guest_image *image);

#endif
