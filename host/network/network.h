/*
 * The host side of a run's network: the things that have to exist around the machine, the one
 * descriptor that connects the machine to it, and the settings for the guest.
 *
 * The machine itself is never in the host's network, with one exception: QEMU's own user network,
 * for hosts without passt (LINK_IN_VMM).
 *
 * Order of a run: network_prepare() before vmc enters its namespaces, in the caller's network
 * namespace and with the caller's rights; the machine is started, one or more times, with the
 * network's link; network_wait() before the workload starts; network_release().
 */
#ifndef VMC_HOST_NETWORK_NETWORK_H
#define VMC_HOST_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/util.h"
#include "host/base/child.h"
#include "host/spec/network.h"

/* The size of a helper's last words. */
#define NETWORK_WORDS_MAX 1024
/* The number of hints about a helper's messages. */
#define NETWORK_HINTS_MAX 32

/* How the machine is connected. */
enum network_link_kind {
    LINK_NONE,   /* the machine has no network device */
    LINK_STREAM, /* fd: a connected stream socket, frames behind a 32-bit length */
    LINK_TAP,    /* fd: of a tap interface, tun(4) */
    LINK_IN_VMM, /* no fd: the hypervisor has a user network and needs the host's namespace */
};

/* For the machine's backend. Descriptor and strings belong to the network. */
struct network_link {
    enum network_link_kind kind;
    int fd;            /* -1: none; the machine gets a duplicate */
    char *vmm_options; /* LINK_IN_VMM: options of QEMU's -netdev user, or NULL */
    char *unjailed;    /* NULL, or why the hypervisor must stay in the host's network */
};

/* Settings for the guest: the agent's configuration, and that of the resolver. Owned. */
struct network_guest {
    char interface[INTERFACE_NAME_SIZE]; /* "": only the loopback */
    char mac[MAC_TEXT_SIZE];
    unsigned mtu;
    bool announce;            /* its link-local IPv6 address has to be announced from the start */
    struct strings addresses; /* "ADDR/LEN" */
    struct strings gateways;
    struct strings nameservers;
};

struct network;

/* A helper's message on its standard error, and the notice that a run makes of it, once. */
struct network_hint {
    const char *word; /* a part of the helper's line */
    const char *says;
};

/* One kind of network. Each function may be NULL. */
struct network_ops {
    const char *name;
    const struct network_hint
        *hints; /* at most NETWORK_HINTS_MAX, ended by one without a text; NULL: none */
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
    struct publish *ports;          /* owned: the spec's, with the ports that were chosen */
    struct child_process helper;    /* the process that carries the traffic */
    struct child_process carrier;   /* assembles the machine's frames, frame_carrier.h */
    int ready_fd;                   /* readable once the helper is ready; -1: no need to wait */
    int errors_fd;                  /* the helper's stderr, until it has ended */
    char words[NETWORK_WORDS_MAX];  /* its last line, safe to show */
    unsigned said;                  /* a bit for each hint */
    struct child_process forwarder; /* serves published ports */
    int life_fd;                    /* the forwarder ends when this is closed */
    struct bridge *bridge;          /* owned by network/bridge.c; NULL elsewhere */
};

#define NETWORK_INIT                                                                               \
    {                                                                                              \
        .link.fd = -1, .helper = CHILD_INIT, .forwarder = CHILD_INIT, .carrier = CHILD_INIT,       \
        .no_passt = ERROR_INIT, .ready_fd = -1, .errors_fd = -1, .life_fd = -1                     \
    }

extern const struct network_ops network_passt, network_slirp, network_bridge, network_tap;

/*
 * Sets up the network of --net. Both arguments outlive the network. directory is the container's;
 * it names the helpers, so that a process list shows which run they belong to. in_pieces: the
 * machine does not write frames whole.
 */
int network_prepare(const struct network_spec *spec, const char *directory, bool in_pieces,
                    struct network *ret, struct error *err);

/* How long a helper may still take once the guest is ready for its workload. */
#define NETWORK_PATIENCE_NS (10 * NS_PER_S)

/* Waits until published ports are bound, at most until the deadline (now_ns() time). */
int network_wait(struct network *network, int64_t deadline, struct error *err);

/*
 * Reads the helper's messages: the last line becomes network->words, and the first line that
 * matches a hint causes its notice.
 */
void network_listen(struct network *network);

/*
 * Removes the bridges of this network namespace without containers, which killed runs have left.
 * For root; failures are not errors of this run.
 */
void network_sweep(void);

/* Accepts one that was never prepared, or has already been released. */
void network_release(struct network *network);

#endif
