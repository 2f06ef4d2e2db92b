/*
 * Where the kernel and the initramfs of an architecture are.
 */
#ifndef VMC_HOST_GUEST_IMAGE_H
#define VMC_HOST_GUEST_IMAGE_H

#include "common/error.h"
#include "host/arch.h"

struct guest_image {
    char *kernel; /* owned, absolute */
    char *initrd; /* owned, absolute */
};

/*
 * The bred image: in $VMC_GUEST_DIR/ARCH, else beside vmc's own binary in guest/ARCH (the build
 * tree), else in ../lib/vmc/guest/ARCH from it (an installation). kernel and initrd, where not
 * NULL, are taken instead. Every file is checked to be readable. Free with guest_image_free().
 */
int guest_image_find(const struct arch *arch, const char *kernel, const char *initrd,
                     struct guest_image *ret, struct error *err);

/* The directory alone, owned by the caller; -1 if there is none (err says how to breed one). */
int guest_image_directory(const struct arch *arch, char **ret_path, struct error *err);

void guest_image_free(struct guest_image *image);

#endif
