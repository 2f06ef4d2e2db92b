/*
 * A virtual machine of any backend, or its substitute. A backend turns a machine_request into a
 * running machine with these descriptors; everything after that is the same for all.
 */
#ifndef VMC_HOST_MACHINE_MACHINE_H
#define VMC_HOST_MACHINE_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"
#include "host/base/id_range.h"
#include "host/jail/isolation.h"
#include "host/jail/jail.h"
#include "host/machine/guest_image.h"
#include "host/machine/qmp.h"
#include "host/network/network.h"
#include "host/rootfs/rootfs.h"
#include "host/rootfs/volumes.h"
#include "host/spec/spec.h"
#include "host/store/template.h"

struct debugging;
struct tsc_reading;

/* The request to a backend. Everything is borrowed during the call. */
struct machine_request {
    const struct vm_spec *spec;
    enum accel accel; /* ACCEL_KVM or ACCEL_TCG: the ladder has decided */
    const char *vmm;  /* path of the program that runs it: the hypervisor, the agent */
    const struct guest_image *image;
    const struct container *container;
    const struct id_range *ids; /* the container's on the host, or none */
    bool privileged;            /* vmc is the host's root, not in a user namespace */
    const struct rootfs *rootfs;
    int swap_fd; /* the image of the disk for swap, or -1 */
    const struct volumes *volumes;
    unsigned known_files; /* a file server's limit on the guest's files; 0: the guest is not told */
    const struct network *network;
    const struct debugging *debugging;
    const struct template *template; /* NULL, or the template that it copies or becomes */
    const struct tsc_reading *tsc;   /* taken at the start of vmc */
    void *own;                       /* made by the backend's prepare(), or NULL */
};

static inline bool machine_has_template(const struct machine_request *request)
{
    return request->template && request->template->role != TEMPLATE_NONE;
}

/* A host directory tree for the guest. All borrowed. */
struct machine_share {
    const char *path; /* on the host */
    const char *tag;
    enum volume_cache cache; /* what the guest's kernel may cache of it */
    bool read_only;
    bool virtiofs; /* a file server serves it, file_server.h; else the machine's process */
};

/* The root file system, and one for each kind of volumes. */
#define MACHINE_SHARES_MAX (1 + VOLUME_CACHE_COUNT)

/* The shares of a request, in the order of their devices. Returns their number. */
size_t machine_shares(const struct machine_request *request,
                      struct machine_share shares[MACHINE_SHARES_MAX]);

/* True if a file server serves some of them. */
bool machine_has_file_server(const struct machine_request *request);

struct machine;

/* A backend. */
struct machine_ops {
    const char *machine;   /* the machine, in messages: "the virtual machine" */
    const char *process;   /* what runs it: "the hypervisor" */
    bool accelerated;      /* enum accel applies */
    bool frames_in_pieces; /* it does not write network frames whole, frame_carrier.h */
    bool has_interface;    /* its network interface exists at HELLO */
    const char *let_go;    /* what the end of keeper_fd means; NULL: it has none */

    /*
     * Finds the program that runs it and, if it boots one, the image; the caller owns both, on
     * success and failure.
     */
    int (*find)(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                struct error *err);
    /*
     * Makes what is needed before vmc enters its namespaces: *ret_own goes into the request, and
     * release() frees it. A signal at signal_fd ends a later wait. Both NULL: nothing.
     */
    int (*prepare)(const struct vm_spec *spec, int signal_fd, void **ret_own, struct error *err);
    void (*release)(void *own);
    /* Starts it. Missing layers of isolation are recorded. */
    int (*start)(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err);
    /* The backend's part of machine_stop(), once the process has ended; NULL: none. */
    void (*stop)(struct machine *m);

    /* Templates, store/template.h; all NULL: the backend has no templates. */

    /* Everything that shapes the machine until HELLO, without what differs in each run. */
    void (*describe)(const struct machine_request *request, struct strings *ret);
    /*
     * After the start: gives the machine its memory. If the machine ends first, or a signal arrives
     * (interrupt_fd), that is not an error, and the caller finds out.
     */
    int (*give_memory)(struct machine *m, const struct template *t, int interrupt_fd,
                       struct error *err);
    /* Gives a copy its state, for which it waits, and checks the template meanwhile. */
    int (*load)(struct machine *m, const struct template *t, struct error *err);
    /*
     * Pauses the machine, saves the template and resumes. -1 if none was saved; *ret_running says
     * whether the machine runs again, as it should.
     */
    int (*save)(struct machine *m, const struct template *t, const char *about, bool *ret_running,
                struct error *err);
};

/* A running machine. Owns everything in it. */
struct machine {
    const struct machine_ops *ops; /* NULL: never started */
    struct jailed process;         /* the hypervisor; its pidfd is readable when it has ended */
    /* The processes beside it, file_server.h; or none. */
    struct jailed file_servers[MACHINE_SHARES_MAX];
    int control_fd; /* the guest's ports, protocol.h */
    int data_fd;
    int console_fd; /* the kernel's console, from the guest only */
    int serial_fd;  /* the serial line: the early kernel, and the maintenance shell; or -1 */
    int errors_fd;  /* the hypervisor's own stderr */
    int monitor_fd; /* QMP; -1: none */
    struct qmp monitor;
    int keeper_fd; /* end of file when the machine's keeper (libvirt) has released it; or -1 */
    void *own;     /* borrowed from the request */
};

#define MACHINE_INIT                                                                               \
    {                                                                                              \
        .process = JAILED_INIT,                                                                    \
        .file_servers = {JAILED_INIT, JAILED_INIT, JAILED_INIT, JAILED_INIT}, .control_fd = -1,    \
        .data_fd = -1, .console_fd = -1, .serial_fd = -1, .errors_fd = -1, .monitor_fd = -1,       \
        .monitor.fd = -1, .keeper_fd = -1                                                          \
    }

/* Never NULL. The one list of backends is backend/backends.c. */
const struct machine_ops *machine_ops(enum backend backend);

/*
 * The processor time that a machine's process has used, in ns; 0 if this process may not ask.
 */
int64_t machine_time_ns(const struct machine *m);

/* Starts the machine that the spec requests. */
int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err);

/*
 * For backends: the standard streams of the machine's process, owned by the caller: empty input,
 * and one pipe for all its output, whose other end is the machine's errors_fd.
 */
int machine_make_standard(struct machine *m, int theirs[3], struct error *err);

/* A descriptor that stays the request's, and its number in the machine's process. */
struct machine_gift {
    int number;
    int fd; /* -1: there is none */
};

/* For backends: theirs[number] becomes a duplicate, owned by the caller. */
int machine_give(const struct machine_gift *gifts, size_t count, int *theirs, struct error *err);

/*
 * For backends: the trees of a request's jail, which are the shares without a file server. Returns
 * their number. share is the place of the root's share in the jail, with volumes at /volumes/TAG;
 * NULL: all have their host paths. Generated paths are added to paths, and borrowed.
 */
size_t machine_trees(const struct machine_request *request, const char *share,
                     struct jail_tree trees[MACHINE_SHARES_MAX], struct strings *paths);

/* For backends: true if the machine's own process changes host files. */
bool machine_writes(const struct machine_request *request);

/* For backends: a stream socket, and its other end for the machine's process. */
int machine_make_pair(int *ret_ours, int *ret_theirs, struct error *err);

/*
 * Kills the machine's process, waits for it and closes the descriptors. Accepts one that never
 * started, or is already stopped.
 */
void machine_stop(struct machine *m);

#endif
