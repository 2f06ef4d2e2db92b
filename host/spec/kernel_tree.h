/*
 * A kernel that the user has built: the directory of its build, which is the source tree itself or
 * the one given as O=.
 */
#ifndef VMC_HOST_SPEC_KERNEL_TREE_H
#define VMC_HOST_SPEC_KERNEL_TREE_H

#include "common/error.h"
#include "host/base/arch.h"
#include "host/cli/request.h"

/*
 * The kernel's image in directory (*ret_kernel, owned) and whether it finds its devices only by
 * ACPI tables. Fails, and names it, when there is no image, or when the configuration lacks what a
 * guest cannot start without: modules are not loaded from such a tree.
 */
int kernel_tree_find(const struct arch *arch, const struct setting *directory, char **ret_kernel,
                     bool *ret_acpi, struct error *err);

#endif
