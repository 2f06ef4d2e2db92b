/*
 * The isolation level of a run: the kernel, the layers of the jail around the hypervisor, and for
 * each that is missing the reason. docs/isolation.md says what each of them guards.
 */
#ifndef VMC_HOST_JAIL_ISOLATION_H
#define VMC_HOST_JAIL_ISOLATION_H

#include <stdbool.h>

#include "common/error.h"

enum isolation_layer {
    LAYER_USER,       /* a user namespace of its own: no capability on the host */
    LAYER_IDS,        /* not root on the host */
    LAYER_ROOT,       /* a read-only root with only its own files */
    LAYER_PROC,       /* a /proc that shows only itself */
    LAYER_NAMESPACES, /* pid, ipc, uts and cgroup namespaces */
    LAYER_NETWORK,    /* a network namespace of its own, with nothing in it */
    LAYER_PRIVILEGES, /* capabilities, no_new_privs */
    LAYER_SYSCALLS,   /* an allow list of system calls */
    LAYER_WRITES,     /* nothing to write to by name except in writable trees */
    LAYER_LIMITS,     /* resource limits of the process */
    LAYER_CGROUP,     /* limits on memory and threads that the host enforces */
    LAYER_KERNEL,     /* the workload has its own kernel, which all other layers guard */
    LAYER_COUNT,
};

/* Zero-initialised: every layer is present. Free with isolation_free(). */
struct isolation {
    const char *around;         /* what is confined; NULL: the jail around a hypervisor */
    char *missing[LAYER_COUNT]; /* owned: the reason; NULL: the layer is present */
};

/* The layer's name, in a clause: "a user namespace". */
const char *isolation_name(enum isolation_layer layer);

/* Notes that a layer is missing. The first reason counts. */
void isolation_lacks(struct isolation *isolation, enum isolation_layer layer, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

bool isolation_complete(const struct isolation *isolation);

/*
 * True if a caller of this kind may expect the layer. On most hosts an ordinary user cannot change
 * the control groups, --nopriv cannot change ids, and few users choose their kernel's security
 * modules: a line on every run would be noise. The network itself reports a hypervisor in the
 * host's network.
 */
bool isolation_expected(enum isolation_layer layer, bool privileged);

/*
 * One notice with each missing layer that could be expected, if there is one; --debug and vmc info
 * show the others.
 */
void isolation_say(const struct isolation *isolation, bool privileged);

/* The error of --require-jail: names all missing layers. Returns -1. */
int isolation_refuse(const struct isolation *isolation, struct error *err);

void isolation_free(struct isolation *isolation);

#endif
