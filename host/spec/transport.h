/*
 * How a QEMU machine reaches host directories: the root file system and volumes.
 *
 * QEMU's own 9p server goes by paths, with what follows from that: a file that is open in the guest
 * is whichever has its name now. It will do for what nobody changes, the read-only root. Where the
 * host may change files, or the guest changes the host's, they come by virtiofs (file_server.h).
 */
#ifndef VMC_HOST_SPEC_TRANSPORT_H
#define VMC_HOST_SPEC_TRANSPORT_H

#include "host/cli/request.h"
#include "host/spec/spec.h"

/*
 * Decides, into a spec that is resolved but for this. Refuses what cannot be right without
 * virtiofsd, where there is none.
 */
int transport_spec_resolve(const struct request *req, struct vm_spec *spec, struct error *err);

/* The line that says what is missing where volumes come by 9p. NULL: nothing. */
const char *transport_spec_lack(const struct vm_spec *spec);

#endif
