/*
 * A FUSE client on a virtio-fs device, which sends anything: virtio 1.2 section 5.11, fuse(4),
 * linux/fuse.h.
 */
#ifndef VMC_TESTS_ATTACKS_FUSE_H
#define VMC_TESTS_ATTACKS_FUSE_H

#include <linux/fuse.h>

#include "attacks.h"

/* The last reply: its bytes after the header, and how many they are. */
extern const unsigned char *fuse_reply;
extern size_t fuse_reply_length;

/* Resets the device and begins a session. False: there is none, or it no longer works. */
bool fuse_start(void);

/*
 * Sends a request: the bytes of the arguments, followed by a name with its NUL (or nothing if
 * NULL). Returns 0, the error number, NO_ANSWER or OTHER_ANSWER.
 */
int fuse_call(uint32_t opcode, uint64_t node, const void *args, size_t size, const char *name);

/* The same with this length in the header, true or not; for requests that may stop the server. */
int fuse_malformed(uint32_t length, uint32_t opcode, uint64_t node, const void *args, size_t size);

/* As fuse_call(); *ret is the node. */
int fuse_lookup(uint64_t parent, const char *name, uint64_t *ret);
/* opcode: FUSE_OPEN or FUSE_OPENDIR; *ret is the handle. */
int fuse_open(uint32_t opcode, uint64_t node, uint32_t flags, uint64_t *ret);

/* The descriptors and buffers filled with a question about the root, not offered. */
struct device *fuse_raw(void);

/* All attempts on a read-only share. */
void attack_fuse(void);
/* One lie in the ring, by number from '0' on; the server may end. */
void attack_fuse_ring(char number);

#endif
