/*
 * Which machines are alike. Pure, except for the identities of files and of the host.
 */
#ifndef VMC_HOST_RUN_TEMPLATE_KEY_H
#define VMC_HOST_RUN_TEMPLATE_KEY_H

#include "host/machine/machine.h"

/*
 * NULL, or why no template is made of this machine or copied for it. A short clause.
 */
const char *template_refusal(const struct machine_request *request);

/*
 * 32 hex digits, owned by the caller: everything that shapes the machine until it says HELLO - the
 * host's boot, QEMU, the guest's kernel and initramfs, QEMU's command line without what differs
 * from run to run. The same digits mean the same machine.
 */
char *template_key(const struct machine_request *request);

#endif
