/*
 * The means of a kernel developer: a socket where QEMU's gdb server listens, and the file for the
 * guest's memory when its kernel panics.
 */
#ifndef VMC_HOST_MACHINE_DEBUGGING_H
#define VMC_HOST_MACHINE_DEBUGGING_H

#include <stdint.h>

#include "common/error.h"
#include "host/machine/qmp.h"
#include "host/spec/debug.h"

/* QEMU's number for the set (-add-fd) that the dump's descriptor is in. */
#define DEBUGGING_DUMP_SET 1

struct debugging {
    int gdb_fd;            /* owned, listening; -1: none */
    const char *gdb_path;  /* borrowed: to be removed; NULL: TCP */
    int dump_fd;           /* owned, without a name yet; -1: none */
    int dump_dir;          /* owned: where it gets its name, in the caller's mount namespace */
    const char *dump_path; /* borrowed */
};

#define DEBUGGING_INIT                                                                             \
    {                                                                                              \
        .gdb_fd = -1, .dump_fd = -1, .dump_dir = -1                                                \
    }

/* Opens what is asked for, and says on stderr where gdb can connect. spec outlives *ret. */
int debugging_open(const struct debug_spec *spec, struct debugging *ret, struct error *err);
void debugging_close(struct debugging *d);

/*
 * The guest has stopped itself: QEMU writes its memory (size bytes) as an ELF core file, which
 * gets its name. Nothing happens where none was asked for. Says on stderr where it is, or why not.
 */
void debugging_dump(struct debugging *d, struct qmp *monitor, uint64_t size);

#endif
