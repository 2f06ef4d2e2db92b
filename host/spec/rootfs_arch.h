/*
 * Which architecture a root file system is for: the one that the program to run was built for.
 */
#ifndef VMC_HOST_SPEC_ROOTFS_ARCH_H
#define VMC_HOST_SPEC_ROOTFS_ARCH_H

#include "common/error.h"
#include "common/util.h"
#include "host/base/arch.h"
#include "host/cli/request.h"
#include "host/spec/spec.h"

/*
 * *ret: named, if it is not NULL, else that of the command in the root file system (of the
 * interpreter, where the command is a script), else that of its shell, else the host's.
 *
 * Looks at files only: paths are resolved inside rootfs (openat2(2), RESOLVE_IN_ROOT). Fails, and
 * says what it saw where, when no guest, or not the named one, runs the command.
 */
int rootfs_arch(const char *rootfs, const char *command, const char *cwd, struct strings *env,
                const struct arch *named, const struct arch **ret, struct error *err);

/* Of a spec that has its root file system and its workload: --arch, or what these are for. */
int arch_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

#endif
