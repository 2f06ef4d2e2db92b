/*
 * The system call filter of a container: a profile in the format of the OCI runtime specification
 * (config-linux.md, "Seccomp"), compiled by libseccomp to the program that the guest's kernel
 * loads. The conditions of container engines' profiles are understood, too: "archMap", and
 * "includes" and "excludes" with "caps", "arches" and "minKernel" (the guest's kernel is new enough
 * for all of them).
 */
#ifndef VMC_HOST_SPEC_SECCOMP_PROFILE_H
#define VMC_HOST_SPEC_SECCOMP_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct seccomp_filter {
    void *program;  /* owned: an array of struct sock_filter, seccomp(2) */
    size_t length;  /* bytes; 0: no filter */
    unsigned flags; /* SECCOMP_FILTER_FLAG_* for seccomp(2) */
};

/*
 * text is the profile; NULL: the default one, host/spec/seccomp_default.json. capabilities: those
 * of the container, for conditions. arch: libseccomp's name of the guest's architecture. What
 * cannot be honoured in a guest (a listener's socket) is an error. *ret is owned by the caller and
 * to be freed with seccomp_filter_free().
 */
int seccomp_profile_compile(const char *text, uint64_t capabilities, const char *arch,
                            struct seccomp_filter *ret, struct error *err);
void seccomp_filter_free(struct seccomp_filter *filter);

#endif
