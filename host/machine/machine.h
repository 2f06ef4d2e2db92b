/*
 * A virtual machine, whatever runs it, or what stands in for one. A backend turns a machine_request
 * into a running machine with these descriptors; everything after that is the same for all.
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

/* What a backend is asked for. All borrowed for the time of the call. */
struct machine_request {
    const struct vm_spec *spec;
    enum accel accel; /* ACCEL_KVM or ACCEL_TCG: the ladder has decided */
    const char *vmm;  /* path of the program that runs it: the hypervisor's, the agent's */
    const struct guest_image *image;
    const struct container *container;
    const struct id_range *ids; /* the container's on the host, or none */
    bool privileged;            /* vmc is the host's root, and in no user namespace */
    const struct rootfs *rootfs;
    int swap_fd; /* the image of the disk for swap, or -1 */
    const struct volumes *volumes;
    unsigned known_files; /* of a file server's, for a guest at a time; 0: it is not told */
    const struct network *network;
    const struct debugging *debugging;
    const struct template *template; /* NULL, or what it is a copy of, or becomes */
    const struct tsc_reading *tsc;   /* taken at the start of vmc */
    void *own;                       /* what the backend's prepare() has made, or NULL */
};

static inline bool machine_has_template(const struct machine_request *request)
{
    return request->template && request->template->role != TEMPLATE_NONE;
}

/* A directory tree of the host's for the guest. All borrowed. */
struct machine_share {
    const char *path; /* on the host */
    const char *tag;
    enum volume_cache cache; /* what the guest's kernel may keep of it */
    bool read_only;
    bool virtiofs; /* a file server has it, file_server.h; else whoever runs the machine */
};

/* The root file system, and one for each kind of volumes. */
#define MACHINE_SHARES_MAX (1 + VOLUME_CACHE_COUNT)

/* The shares of a request, in the order of their devices; how many. */
size_t machine_shares(const struct machine_request *request,
                      struct machine_share shares[MACHINE_SHARES_MAX]);

/* Whether some of them are a file server's. */
bool machine_has_file_server(const struct machine_request *request);

struct machine;

/* A backend. */
struct machine_ops {
    const char *machine;   /* what it gives, in messages: "the virtual machine" */
    const char *process;   /* what runs it: "the hypervisor" */
    bool accelerated;      /* enum accel means something */
    bool frames_in_pieces; /* it does not write the network's frames whole, frame_carrier.h */
    bool has_interface;    /* its network interface is there at HELLO */
    const char *let_go;    /* what it means that keeper_fd is at its end; NULL: it has none */

    /*
     * Finds the program that runs it and, where it boots one, the image; both owned by the caller,
     * on success and failure.
     */
    int (*find)(const struct vm_spec *spec, char **ret_program, struct guest_image *ret_image,
                struct error *err);
    /*
     * What has to be there before vmc enters its namespaces: *ret_own is the request's, and goes
     * with release(). A signal at signal_fd ends a later wait. Both NULL: nothing.
     */
    int (*prepare)(const struct vm_spec *spec, int signal_fd, void **ret_own, struct error *err);
    void (*release)(void *own);
    /* Starts it. Layers of isolation that it lacks are noted. */
    int (*start)(const struct machine_request *request, struct machine *ret,
                 struct isolation *isolation, struct error *err);
    /* Its own part of machine_stop(), once the process has ended; NULL: none. */
    void (*stop)(struct machine *m);

    /* Templates, store/template.h; all NULL: none of its machines is one, or a copy. */

    /* What shapes the machine until HELLO, without what no two runs share. */
    void (*describe)(const struct machine_request *request, struct strings *ret);
    /*
     * The machine was started: gives it its memory. One that ends before, and a signal that comes
     * (interrupt_fd), are left to the caller to find, and no error.
     */
    int (*give_memory)(struct machine *m, const struct template *t, int interrupt_fd,
                       struct error *err);
    /* A copy, which waits for its state: gives it that, and checks meanwhile what it is of. */
    int (*load)(struct machine *m, const struct template *t, struct error *err);
    /*
     * Stops it, saves the template and lets it run on. -1 when none was saved; *ret_running tells
     * whether the machine runs on, as it should.
     */
    int (*save)(struct machine *m, const struct template *t, const char *about, bool *ret_running,
                struct error *err);
};

/* A running machine. Owns everything in it. */
struct machine {
    const struct machine_ops *ops; /* NULL: never started */
    struct jailed process;         /* the hypervisor's; its pidfd is readable when it has ended */
    /* Beside it, file_server.h; or none. */
    struct jailed file_servers[MACHINE_SHARES_MAX];
    int control_fd; /* the guest's ports, protocol.h */
    int data_fd;
    int console_fd; /* the kernel's console, from the guest only */
    int serial_fd; /* the serial line: the kernel's first words, and the maintenance shell; or -1 */
    int errors_fd; /* the hypervisor's own stderr */
    int monitor_fd; /* QMP; -1 where there is none */
    struct qmp monitor;
    int keeper_fd; /* at its end when whoever keeps the machine has let it go; or -1 */
    void *own;     /* borrowed: the request's */
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
 * How much of the processors' time a machine's process has had, in ns; 0 where it is not this
 * process's to ask.
 */
int64_t machine_time_ns(const struct machine *m);

/* Starts what the spec asks for. */
int machine_start(const struct machine_request *request, struct machine *ret,
                  struct isolation *isolation, struct error *err);

/*
 * For backends: the standard streams of the machine's process, owned by the caller: nothing to
 * read, and one pipe for all that it says, whose other end is the machine's errors_fd.
 */
int machine_make_standard(struct machine *m, int theirs[3], struct error *err);

/* A descriptor of the request's, which stays its own, and the number it is to have there. */
struct machine_gift {
    int number;
    int fd; /* -1: there is none */
};

/* For backends: theirs[number] becomes a duplicate, owned by the caller. */
int machine_give(const struct machine_gift *gifts, size_t count, int *theirs, struct error *err);

/*
 * For backends: the trees of a request's jail, which are the shares that no file server has; how
 * many. share is where the root's is in it, and volumes are at /volumes/TAG then; NULL: all of them
 * are where they are on the host. Paths that are made up are added to paths, and borrowed.
 */
size_t machine_trees(const struct machine_request *request, const char *share,
                     struct jail_tree trees[MACHINE_SHARES_MAX], struct strings *paths);

/* For backends: whether the machine's own process changes files of the host's. */
bool machine_writes(const struct machine_request *request);

/* For backends: a stream socket and the end of it that the machine's process inherits. */
int machine_make_pair(int *ret_ours, int *ret_theirs, struct error *err);

/*
 * Kills the machine's process, waits for it and closes the descriptors. Accepts one that never
 * started, or is stopped already.
 */
void machine_stop(struct machine *m);

#endif
