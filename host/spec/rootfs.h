/*
 * The root file system: the directory or image, what is above it, and how a QEMU machine reaches
 * it.
 *
 * QEMU's own 9p server addresses files by path, so a file that is open in the guest is whichever
 * has its name now. That is enough for what does not change, the read-only root. Where the host may
 * change files, or the guest changes the host's, they come by virtiofs (file_server.h).
 */
#ifndef VMC_HOST_SPEC_ROOTFS_H
#define VMC_HOST_SPEC_ROOTFS_H

#include "host/cli/request.h"
#include "host/spec/spec.h"

/* Which directory or image, with whose rights, and where changes to it go. Inspects the file. */
int rootfs_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* --keep and --name, of a spec that has its upper and its host name. */
int keep_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/*
 * Chooses 9p or virtiofs, in a spec that is otherwise resolved. Refuses what cannot work right
 * without virtiofsd, where there is none.
 */
int transport_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* The warning where volumes come by 9p. NULL: none. */
const char *transport_lack(const struct vm_spec *spec);

#endif
