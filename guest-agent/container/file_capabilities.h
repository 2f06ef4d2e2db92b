/*
 * Capabilities of files of the root, capabilities(7), that the host's share does not show: the host
 * names them, and they are set on the overlay above it.
 */
#ifndef VMC_GUEST_AGENT_CONTAINER_FILE_CAPABILITIES_H
#define VMC_GUEST_AGENT_CONTAINER_FILE_CAPABILITIES_H

#include "common/container_config.h"
#include "common/error.h"

/*
 * Sets them on the files below root; no link leads out of it. For an upper layer that is new: in
 * one that was kept the file may be another by now. A file that is gone has none.
 */
int file_capabilities_set(const struct file_capability_list *list, const char *root,
                          struct error *err);

#endif
