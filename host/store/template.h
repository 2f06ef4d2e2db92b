/*
 * Templates: guests that have booted and said PREPARED and know only the shape of a container,
 * saved as files. A run that needs the same machine is a copy, and starts where the template waits:
 * the memory is mapped privately from the file, the devices' state is QEMU's migration stream.
 *
 * A template is one file that belongs to the user, in $XDG_CACHE_HOME/vmc/templates, named by its
 * key: a hash of everything that shapes the machine, and of the host's boot (template_key.h). It
 * gets its name when it is complete. Its checksum is verified before a copy gets any data; no
 * copy's hypervisor can write to it (jail/memory.h). In doubt, a run starts cold.
 */
#ifndef VMC_HOST_STORE_TEMPLATE_H
#define VMC_HOST_STORE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* The least recently used are removed to keep within both. */
#define TEMPLATES_MAX 16
#define TEMPLATES_BYTES_MAX (1ull << 30)

/* The migration stream of a machine whose memory is not in it: some 50 KiB. */
#define TEMPLATE_STATE_MAX (1u << 20)

/* 32 hex digits and a NUL. */
#define TEMPLATE_KEY_SIZE 33

enum template_role {
    TEMPLATE_NONE, /* a machine without a template */
    TEMPLATE_MAKE, /* a machine that is saved as one when it has said PREPARED, and runs on */
    TEMPLATE_COPY, /* a copy of one */
};

/* A machine's relation to a template. Owns everything in it. */
struct template
{
    enum template_role role;
    char *key;
    int directory; /* of all templates; -1 */
    int memory_fd; /* MAKE: unnamed, for reading and writing. COPY: the file, read-only */
    int state_fd;  /* COPY: a pipe that holds the devices' whole state */
    uint64_t memory;
    void *state; /* COPY: the same */
    size_t state_size;
    uint8_t sum[16]; /* COPY: the checksum that template_check() expects */
};

#define TEMPLATE_INIT                                                                              \
    {                                                                                              \
        .directory = -1, .memory_fd = -1, .state_fd = -1                                           \
    }

/*
 * Looks for a template of that key for a machine with that much memory (bytes), and prepares to
 * make one if there is none: the role says which. With -1 neither is possible, and err says why; a
 * damaged template is removed first.
 */
int template_open(const char *key, uint64_t memory, struct template *ret, struct error *err);

/* Checks a COPY's contents against the checksum. Takes some milliseconds. */
int template_check(const struct template *t, struct error *err);

/*
 * Saves the current memory of a MAKE, while the machine is stopped, with its devices' state. about:
 * one short line for 'vmc template ls'.
 */
int template_save(const struct template *t, const void *state, size_t size, const char *about,
                  struct error *err);

/* Removes a COPY's file, which has turned out to be unusable. */
void template_forget(const struct template *t);

void template_close(struct template *t);

/* One that is kept. */
struct template_entry {
    char key[TEMPLATE_KEY_SIZE];
    char about[80];
    uint64_t memory; /* bytes the machine has */
    uint64_t size;   /* bytes the file takes */
    int64_t used_ns; /* when it was last copied, or made: CLOCK_REALTIME */
    bool stale;      /* from another boot of this host, or damaged: never used again */
};

struct template_list {
    struct template_entry *items; /* owned; the most recently used first */
    size_t count;
};

/* All templates of the user, none if there is no directory. Free with template_list_free(). */
int template_list(struct template_list *ret, struct error *err);
void template_list_free(struct template_list *list);

/* Removes the one with that key or unique beginning of a key. ret_key: its whole key. */
int template_remove(const char *name, char ret_key[TEMPLATE_KEY_SIZE], struct error *err);

#endif
