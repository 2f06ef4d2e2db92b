/*
 * The jail around a hypervisor: it is locked up as if the guest had taken it over already.
 * docs/isolation.md names the layers and what each of them guards.
 *
 * The hypervisor becomes process 1 of namespaces of its own, root of a user namespace and nobody
 * anywhere else, in a root directory that holds the files listed here and nothing else, with the
 * descriptors listed here and no others.
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
     * kernel's file systems and the devices of everybody's, without a filter or limits on the
     * process. What it starts, it locks up itself (guest-agent/session/hosted.h).
     */
    JAIL_AGENT,
    /*
     * A kernel in user space. As a hypervisor; but its guest's processes are processes beside it,
     * its memory is a file, and nothing that it does needs a /proc.
     */
    JAIL_KERNEL,
    /* It has a tree for a hypervisor (file_server.h), and holds a descriptor of each file. */
    JAIL_FILE_SERVER,
};

/* The directory for the file that a kernel's memory is: a file system of its own, without a name.
 */
#define JAIL_RAM_PATH "/ram"

/* Threads: QEMU's pool has 64 at most, besides those of processors and devices. */
#define JAIL_TASKS 128

/*
 * A directory tree for the jail: what is mounted at source in vmc's mount namespace, with all that
 * is mounted below it. Where there is an id range the mount is idmapped already (idmap.h).
 */
struct jail_tree {
    const char *source;
    const char *path; /* where it is in the jail, absolute */
    bool read_only;
};

/* The jail as it is asked for. All borrowed for the time of the call. */
struct jail {
    enum jail_tenant tenant;
    const struct container *container;
    const char *program;         /* one of the files */
    const struct strings *files; /* absolute paths: the jail has them under the same, read-only */
    const struct jail_tree *trees;
    size_t tree_count;
    const char *device;          /* a device node, under its host path; or NULL */
    const struct strings *nodes; /* for an agent: those that anybody may use; or NULL */
    const struct id_range *ids;  /* none: the ids of vmc's own user namespace */
    bool privileged;             /* vmc is the host's root, and in no user namespace */
    const char *host_network;    /* NULL, or why the hypervisor has to be in the host's network */
    struct jail_needs needs;
    uint64_t ram;           /* a kernel's memory, bytes */
    uint64_t address_space; /* RLIMIT_AS, bytes */
    uint64_t file_size;     /* RLIMIT_FSIZE, bytes; UINT64_MAX: none */
    uint64_t memory;        /* of its control group, bytes; 0: no limit */
    bool no_swap;           /* the memory's limit is one of memory and swap */
    unsigned tasks; /* of its control group and the process; 0: no limit. Without any, no group */
    const struct host_cgroup *group; /* another's, to be in with it; NULL: one of its own */
    bool asks_for_memory;            /* a file of vmc's is the guest's memory, jail/memory.h */
    bool required;                   /* every layer, or no start at all */
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
 * i (-1: none); they stay the caller's, too. A layer that cannot be had is noted in isolation,
 * or is an error with required; then nothing has been executed.
 */
int jail_start(const struct jail *jail, struct strings *argv, const int *fds, size_t fd_count,
               struct jailed *ret, struct isolation *isolation, struct error *err);

/* Kills it, waits for its end and removes its groups. Accepts one that never started. */
void jail_stop(struct jailed *jailed);

#endif
