/*
 * The root file system: the directory or image, what is above it, and how a QEMU machine reaches
 * it.
 *
 * QEMU's own 9p server goes by paths, with what follows from that: a file that is open in the guest
 * is whichever has its name now. It will do for what nobody changes, the read-only root. Where the
 * host may change files, or the guest changes the host's, they come by virtiofs (file_server.h).
 */
#ifndef VMC_HOST_SPEC_ROOTFS_H
#define VMC_HOST_SPEC_ROOTFS_H

#include "host/cli/request.h"
#include "host/spec/spec.h"

/* Which directory or image, with whose rights, and where changes to it go. Looks at it. */
int rootfs_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* --keep and --name, of a spec that has its upper and its host name. */
int keep_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/*
 * Decides, into a spec that is resolved but for this. Refuses what cannot be right without
 * virtiofsd, where there is none.
 */
int transport_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* The line that says what is missing where volumes come by 9p. NULL: nothing. */
const char *transport_lack(const struct vm_spec *spec);

#endif
