/*
 * The network of one run on the host's side: what has to exist around the machine, the one
 * descriptor through which the machine is connected to it, and what the guest is told about it.
 *
 * The machine itself never has a network of the host's, with one exception that is said here:
 * QEMU's own user network, for hosts without passt (in_vmm).
 *
 * Order of a run: network_prepare() before vmc enters its namespaces, in the caller's network
 * namespace and with the caller's rights; the machine is started (as often as the ladder wants)
 * with what network_link says; network_wait() before the workload starts; network_release().
 */
#ifndef VMC_HOST_NETWORK_NETWORK_H
#define VMC_HOST_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/util.h"
#include "host/base/child.h"
#include "host/spec/network.h"

/* Of a helper's last words. */
#define NETWORK_WORDS_MAX 1024
/* Of what a helper may say, that a run makes something of. */
#define NETWORK_HINTS_MAX 32

/* How the machine is connected. */
enum network_link_kind {
    LINK_NONE,   /* the machine has no network device */
    LINK_STREAM, /* fd: a connected stream socket, frames behind a 32-bit length */
    LINK_TAP,    /* fd: a tap interface's, tun(4) */
    LINK_IN_VMM, /* no fd: the hypervisor has a user network and needs the host's namespace */
};

/* For the machine's backend. Descriptor and strings belong to the network. */
struct network_link {
    enum network_link_kind kind;
    int fd;            /* -1: none; the machine gets a duplicate */
    char *vmm_options; /* LINK_IN_VMM: what QEMU's -netdev user takes, or NULL */
    char *unjailed;    /* NULL, or why the hypervisor must stay in the host's network */
};

/* What the guest is told: the agent's configuration, and its resolver's. Owned. */
struct network_guest {
    char interface[INTERFACE_NAME_SIZE]; /* "": the loopback alone */
    char mac[MAC_TEXT_SIZE];
    unsigned mtu;
    bool announce;            /* its link-local IPv6 address has to be known from the start */
    struct strings addresses; /* "ADDR/LEN" */
    struct strings gateways;
    struct strings nameservers;
};

struct network;

/* What a helper says on its standard error, and what a run makes of it, once. */
struct network_hint {
    const char *word; /* a part of the helper's line */
    const char *says;
};

/* One kind of network. Each function may be NULL. */
struct network_ops {
    const char *name;
    const struct network_hint
        *hints; /* NETWORK_HINTS_MAX at most, to one without a word; NULL: none */
    int (*prepare)(struct network *network, struct error *err);
    /* Until published ports are bound and traffic can flow. */
    int (*wait)(struct network *network, int64_t deadline, struct error *err);
    /* Undoes prepare, also a half-done one. */
    void (*release)(struct network *network);
};

struct network {
    const struct network_spec *spec; /* borrowed */
    const char *directory;           /* borrowed: the container's, absolute */
    const struct network_ops *ops;   /* NULL: none, or not prepared */
    struct network_link link;
    struct network_guest guest;
    char *passt; /* owned: the program, passt_program.h; NULL: none, and why */
    struct error no_passt;
    struct publish *ports; /* owned: the spec's, with the ports that were chosen */
    struct child helper;   /* the process that carries the traffic */
    struct child carrier;  /* puts the machine's frames together, frame_carrier.h */
    int ready_fd;          /* readable once the helper is ready; -1: it need not be waited for */
    int errors_fd;         /* the helper's stderr, until it has ended */
    char words[NETWORK_WORDS_MAX]; /* its last line, safe to show */
    unsigned said;                 /* a bit for each hint */
    struct child forwarder;        /* serves published ports */
    int life_fd;                   /* the forwarder ends when it is closed */
    struct bridge *bridge;         /* owned by network/bridge.c; NULL elsewhere */
};

#define NETWORK_INIT                                                                               \
    {                                                                                              \
        .link.fd = -1, .helper = CHILD_INIT, .forwarder = CHILD_INIT, .carrier = CHILD_INIT,       \
        .no_passt = ERROR_INIT, .ready_fd = -1, .errors_fd = -1, .life_fd = -1                     \
    }

extern const struct network_ops network_passt, network_slirp, network_bridge, network_tap;

/*
 * Makes what --net asks for. Both arguments outlive the network. directory is the container's;
 * helpers are named by it, so that a process list tells whose they are. in_pieces: the machine does
 * not write frames whole.
 */
int network_prepare(const struct network_spec *spec, const char *directory, bool in_pieces,
                    struct network *ret, struct error *err);

/* How long a helper may take from now when the guest is ready for its workload. */
#define NETWORK_PATIENCE_NS (10 * NS_PER_S)

/* Until published ports are bound, at the latest at the deadline (now_ns() time). */
int network_wait(struct network *network, int64_t deadline, struct error *err);

/*
 * Reads what the helper has said: its last line becomes network->words, and the first line that a
 * hint is about becomes one on standard error.
 */
void network_listen(struct network *network);

/*
 * Takes away the bridges of this network namespace that no container is on: what killed runs left.
 * For root; failures are not errors of this run.
 */
void network_sweep(void);

/* Accepts one that was never prepared, or is released already. */
void network_release(struct network *network);

#endif
