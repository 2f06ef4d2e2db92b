/*
 * The jail around a hypervisor: it is locked up as if the guest had already taken it over.
 * docs/isolation.md lists the layers and what each of them guards.
 *
 * The hypervisor becomes process 1 in its own namespaces, root of a user namespace and without
 * rights anywhere else, in a root directory that holds only the files listed here, with only the
 * descriptors listed here.
 */
#ifndef VMC_HOST_JAIL_JAIL_H
#define VMC_HOST_JAIL_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/util.h"
#include "host/base/cgroup.h"
#include "host/base/id_range.h"
#include "host/jail/isolation.h"
#include "host/jail/seccomp_hypervisor.h"
#include "host/store/container.h"

/* Who is locked up. */
enum jail_tenant {
    JAIL_HYPERVISOR,
    /*
     * It makes a container, and is trusted: root of its user namespace to the end, with the
     * kernel's file systems and the devices that any user may use, without a filter or limits on
     * the process. It locks up what it starts (guest-agent/session/hosted.h).
     */
    JAIL_AGENT,
    /*
     * A kernel in user space. Like a hypervisor, but its guest's processes are processes beside it,
     * its memory is a file, and it needs no /proc.
     */
    JAIL_KERNEL,
    /* It serves a tree to a hypervisor (file_server.h), and holds a descriptor for each file. */
    JAIL_FILE_SERVER,
};

/* The directory for the unnamed file that is a kernel's memory: a separate file system. */
#define JAIL_RAM_PATH "/ram"

/* Threads: QEMU's pool has at most 64, in addition to those of processors and devices. */
#define JAIL_TASKS 128

/*
 * A directory tree for the jail: the mount at source in vmc's mount namespace, with all mounts
 * below it. If there is an id range the mount is already idmapped (idmap.h).
 */
struct jail_tree {
    const char *source;
    const char *path; /* its place in the jail, absolute */
    bool read_only;
};

/* A request for a jail. Everything is borrowed during the call. */
struct jail {
    enum jail_tenant tenant;
    const struct container *container;
    const char *program;         /* one of the files */
    const struct strings *files; /* absolute paths: the same in the jail, read-only */
    const struct jail_tree *trees;
    size_t tree_count;
    const char *device;          /* a device node, under its host path; or NULL */
    const struct strings *nodes; /* for an agent: those that any user may use; or NULL */
    const struct id_range *ids;  /* none: the ids of vmc's own user namespace */
    bool privileged;             /* vmc is the host's root, not in a user namespace */
    const char *host_network;    /* NULL, or why the hypervisor has to be in the host's network */
    struct jail_needs needs;
    uint64_t ram;           /* a kernel's memory, bytes */
    uint64_t address_space; /* RLIMIT_AS, bytes */
    uint64_t file_size;     /* RLIMIT_FSIZE, bytes; UINT64_MAX: none */
    uint64_t memory;        /* of its control group, bytes; 0: no limit */
    bool no_swap;           /* the limit covers memory and swap together */
    unsigned tasks; /* of its control group and the process; 0: no limit. No limits: no group */
    const struct host_cgroup *group; /* an existing group to join; NULL: make one */
    bool asks_for_memory; /* vmc provides the file with the guest's memory, jail/memory.h */
    bool required;        /* start only with every layer */
};

/* A started program. Owns the descriptors and groups. */
struct jailed {
    pid_t pid;
    int pidfd;
    int memory_listener; /* where it asks for its memory; -1: it does not */
    struct host_cgroup cgroup;
};

#define JAILED_INIT                                                                                \
    {                                                                                              \
        .pid = -1, .pidfd = -1, .memory_listener = -1                                              \
    }

/*
 * Starts the program in its jail, and returns once it has been executed. fds[i] becomes descriptor
 * i (-1: none); they stay the caller's, too. A missing layer is recorded in isolation; with
 * required it is an error, and the program is not executed.
 */
int jail_start(const struct jail *jail, struct strings *argv, const int *fds, size_t fd_count,
               struct jailed *ret, struct isolation *isolation, struct error *err);

/* Kills it, waits for its end and removes its groups. Accepts one that never started. */
void jail_stop(struct jailed *jailed);

#endif
