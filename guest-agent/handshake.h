/*
 * The first half of a session: who we are, and what to do.
 */
#ifndef VMC_GUEST_AGENT_HANDSHAKE_H
#define VMC_GUEST_AGENT_HANDSHAKE_H

#include "common/channel.h"
#include "guest-agent/config.h"

/*
 * Sends HELLO on a control descriptor that still blocks: a virtio port takes the first write when
 * the host has opened its side, and reads as "end of file" before that (the kernel's
 * drivers/char/virtio_console.c, port_fops_read()). The host has the deadline for this.
 */
int handshake_hello(int control, uint64_t began_ns, struct error *err);

/* Collects CONFIG frames until the empty one, under a deadline. Says HELLO again when woken. */
int handshake_config(struct channel *control, struct agent_config *ret_config, struct error *err);

#endif
