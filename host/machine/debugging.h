/*
 * Tools for kernel developers: a socket where QEMU's gdb server listens, and a file for the guest's
 * memory when its kernel panics.
 */
#ifndef VMC_HOST_MACHINE_DEBUGGING_H
#define VMC_HOST_MACHINE_DEBUGGING_H

#include <stdint.h>

#include "common/error.h"
#include "host/machine/qmp.h"
#include "host/spec/debug.h"

/* QEMU's number for the set (-add-fd) with the dump's descriptor. */
#define DEBUGGING_DUMP_SET 1

struct debugging {
    int gdb_fd;            /* owned, listening; -1: none */
    const char *gdb_path;  /* borrowed: removed at the end; NULL: TCP */
    int dump_fd;           /* owned, without a name yet; -1: none */
    int dump_dir;          /* owned: the directory for its name, in the caller's mount namespace */
    const char *dump_path; /* borrowed */
};

#define DEBUGGING_INIT                                                                             \
    {                                                                                              \
        .gdb_fd = -1, .dump_fd = -1, .dump_dir = -1                                                \
    }

/* Opens what the spec requests, and gives a notice with gdb's address. spec outlives *ret. */
int debugging_open(const struct debug_spec *spec, struct debugging *ret, struct error *err);
void debugging_close(struct debugging *d);

/*
 * The guest has stopped itself: QEMU writes its memory (size bytes) as an ELF core file, which gets
 * its name. Does nothing if no dump was requested. A notice says where it is, or why it failed.
 */
void debugging_dump(struct debugging *d, struct qmp *monitor, uint64_t size);

#endif
