/*
 * The contents of a template's file, in this order: the machine's whole memory, with holes where it
 * is zero; the devices' state; the trailer.
 */
#ifndef VMC_HOST_STORE_TEMPLATE_FILE_H
#define VMC_HOST_STORE_TEMPLATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define TEMPLATE_MAGIC "vmc template 1\n"

struct template_trailer {
    char magic[16];
    char key[40];   /* texts end with a NUL */
    char boot[40];  /* of the host, identity.h */
    char about[80]; /* for people */
    uint64_t memory;
    uint64_t state;
    uint8_t contents[16]; /* sum of memory and state */
    uint8_t sum[16];      /* of all before it */
};

/* Finishes a trailer. */
void template_trailer_seal(struct template_trailer *trailer);

/* The trailer of an open file; -1 if it is not a trailer or does not fit the file. */
int template_trailer_read(int fd, struct template_trailer *ret, struct error *err);

/*
 * The checksum of a memory and a state: XXH3 with 128 bits over all 64 KiB pieces that are not
 * zero, each after its offset, and the state. It detects damage, not forgery: only the user can
 * write to the file.
 */
int template_sum(int memory_fd, uint64_t memory, const void *state, size_t size, uint8_t ret[16],
                 struct error *err);

/* Copies a memory, leaving holes. */
int template_copy_memory(int from, int to, uint64_t memory, struct error *err);

#endif
