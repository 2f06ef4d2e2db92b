/*
 * What a run is: everything the command line asked for, with all defaults in, checked. Made once
 * by spec_resolve(), the only place where settings are merged and validated, and read-only after.
 */
#ifndef VMC_HOST_SPEC_SPEC_H
#define VMC_HOST_SPEC_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/container_config.h"
#include "common/error.h"
#include "common/util.h"
#include "host/base/arch.h"
#include "host/cli/request.h"
#include "host/spec/container.h"
#include "host/spec/debug.h"
#include "host/spec/names.h"
#include "host/spec/network.h"
#include "host/spec/volumes.h"

/* What the workload runs in. */
enum backend {
    BACKEND_QEMU,       /* a virtual machine that vmc runs */
    BACKEND_NAMESPACES, /* --host: a container on the host's own kernel */
    BACKEND_UML,        /* --uml: User Mode Linux, a kernel that is a process */
    BACKEND_LIBVIRT,    /* a machine that is a libvirt domain */
};

enum accel {
    ACCEL_AUTO,
    ACCEL_KVM,
    ACCEL_TCG,
};

const char *accel_name(enum accel accel);

struct vm_spec {
    bool maintenance; /* no container, no share, no ports: a shell on the serial line */
    enum backend backend;
    const struct arch *arch;
    enum accel accel;
    char *libvirt;   /* URI of the daemon that runs the machine; NULL: vmc itself */
    uint64_t memory; /* bytes */
    unsigned cpus;
    char *kernel; /* owned paths; NULL: the image's */
    char *initrd;
    char *distro; /* the package of a distribution's kernel, "" for the usual one; NULL: bred */
    bool acpi;    /* the machine is described by ACPI tables */
    struct strings append;
    int64_t boot_timeout; /* ns */
    struct debug_spec debugging;

    char *rootfs; /* as given; the host's / if it was not */
    bool image;   /* it is a file: rootfs_image.h */
    bool unprivileged;
    enum upper upper;
    bool virtiofs;       /* the directory comes from a process beside QEMU: file_server.h */
    uint64_t upper_size; /* bytes; 0: the default of its kind */

    bool keep;  /* the upper disk outlives the run */
    char *name; /* of the container; NULL: its id */

    struct volume_list volumes;
    bool virtiofs_volumes; /* so do they */
    char *data;            /* where named volumes and the like are; NULL: nowhere, directories.h */

    struct container_spec container;

    struct strings args;
    struct strings env;
    char *cwd;
    char *user;     /* NULL: root */
    char *hostname; /* NULL: the container's id */
    bool tty;
    int64_t timeout; /* ns; 0: none */

    struct network_spec network;
    struct names_spec names;

    char *console;     /* file for the console log; NULL: none is kept */
    bool cold;         /* neither copies nor makes a template */
    bool require_jail; /* no run without every layer of isolation.h */
    bool debug;
    bool timing;
};

struct backend_spec;

/*
 * preferred: the backend of a run that names none, if it can do all that is asked for; NULL: QEMU.
 * Everything in *ret is owned by it: free with spec_free(), also after a failure.
 */
int spec_resolve(const struct request *req, const struct backend_spec *preferred,
                 struct vm_spec *ret, struct error *err);
/* The same of a machine without a container: spec.maintenance. */
int spec_resolve_maintenance(const struct request *req, struct vm_spec *ret, struct error *err);
void spec_free(struct vm_spec *spec);

#endif
