/*
 * The first half of a session: HELLO, the container's shape, the configuration.
 */
#ifndef VMC_GUEST_AGENT_SESSION_HANDSHAKE_H
#define VMC_GUEST_AGENT_SESSION_HANDSHAKE_H

#include "common/channel.h"
#include "common/container_config.h"
#include "common/queue.h"

/*
 * Sends HELLO on a control descriptor that still blocks: a virtio port takes the first write when
 * the host has opened its side, and reads as "end of file" before that (the kernel's
 * drivers/char/virtio_console.c, port_fops_read()). The host enforces the deadline.
 */
int handshake_hello(int control, uint64_t began_ns, struct error *err);

/* Collects PREPARE frames until the empty one, under a deadline. */
int handshake_shape(struct channel *control, struct container_shape *ret, struct error *err);

/*
 * Sends PREPARED, and collects CONFIG frames until the empty one, under a deadline. Sends HELLO
 * again when woken. ret_text, freed by the caller, is the configuration's text.
 */
int handshake_config(struct channel *control, struct agent_config *config, struct queue *ret_text,
                     struct error *err);

#endif
