/*
 * Templates: guests that have booted, said HELLO and seen nothing of any container, kept as files.
 * A run whose machine would be the same one is a copy of it, and starts where the template waits:
 * the memory is mapped privately from the file, the devices' state is QEMU's migration stream.
 *
 * A template is one file, the user's own, in $XDG_CACHE_HOME/vmc/templates, under the name of its
 * key: everything that has shaped the machine, and the host's boot (template_key.h). It gets its
 * name when it is whole. What is in it is summed up, and the sum is checked before a copy is given
 * anything; no hypervisor of a copy can write to it (jail/memory.h). Any doubt about one is a cold
 * start.
 */
#ifndef VMC_HOST_STORE_TEMPLATE_H
#define VMC_HOST_STORE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Those that were not used for the longest time are removed to keep within both. */
#define TEMPLATES_MAX 16
#define TEMPLATES_BYTES_MAX (1ull << 30)

/* The migration stream of a machine whose memory is not in it: some 50 KiB. */
#define TEMPLATE_STATE_MAX (1u << 20)

/* 32 hex digits and a NUL. */
#define TEMPLATE_KEY_SIZE 33

enum template_role {
    TEMPLATE_NONE, /* a machine of no template's */
    TEMPLATE_MAKE, /* a machine that becomes one when it has said HELLO, and runs on */
    TEMPLATE_COPY, /* a copy of one */
};

/* What a machine has to do with a template. Owns everything in it. */
struct template
{
    enum template_role role;
    char *key;
    int directory; /* of all templates; -1 */
    int memory_fd; /* MAKE: unnamed, for reading and writing. COPY: the file, read-only */
    int state_fd;  /* COPY: a pipe with the devices' state in it, whole */
    uint64_t memory;
    void *state; /* COPY: the same */
    size_t state_size;
    uint8_t sum[16]; /* COPY: what template_check() has to find */
};

#define TEMPLATE_INIT                                                                              \
    {                                                                                              \
        .directory = -1, .memory_fd = -1, .state_fd = -1                                           \
    }

/*
 * Looks for a template of that key for a machine with that much memory (bytes), and prepares for
 * making one if there is none: the role says which. With -1 there can be neither, and err says why;
 * a file that is no good template is removed first.
 */
int template_open(const char *key, uint64_t memory, struct template *ret, struct error *err);

/* Whether a COPY's contents are what was saved. Takes some milliseconds. */
int template_check(const struct template *t, struct error *err);

/*
 * Saves what a MAKE's memory holds now, while the machine stands still, with its devices' state.
 * about: one short line for 'vmc template ls'.
 */
int template_save(const struct template *t, const void *state, size_t size, const char *about,
                  struct error *err);

/* Removes a COPY's file: it has turned out to be no good. */
void template_forget(const struct template *t);

void template_close(struct template *t);

/* One that is kept. */
struct template_entry {
    char key[TEMPLATE_KEY_SIZE];
    char about[80];
    uint64_t memory; /* bytes the machine has */
    uint64_t size;   /* bytes the file takes */
    int64_t used_ns; /* when it was last copied, or made: CLOCK_REALTIME */
    bool stale;      /* of another boot of this host, or damaged: never used again */
};

struct template_list {
    struct template_entry *items; /* owned; the last used first */
    size_t count;
};

/* All that the user has, none if there is no directory. Free with template_list_free(). */
int template_list(struct template_list *ret, struct error *err);
void template_list_free(struct template_list *list);

/* Removes the one of that key, or that its first characters name alone. ret_key: its whole key. */
int template_remove(const char *name, char ret_key[TEMPLATE_KEY_SIZE], struct error *err);

#endif
