/*
 * The talk with a guest, from its first word to its exit record: one poll(2) loop over the
 * machine's descriptors, the user's, and the signals. (poll, since epoll refuses regular files.)
 */
#ifndef VMC_HOST_GUEST_SESSION_H
#define VMC_HOST_GUEST_SESSION_H

#include "common/relay.h"
#include "host/guest/console_log.h"
#include "host/guest/input.h"
#include "host/guest/post_mortem.h"
#include "host/guest/terminal.h"
#include "host/machine/machine.h"
#include "host/network/network.h"

enum phase {
    PHASE_BOOT,    /* no HELLO yet */
    PHASE_HELLO,   /* the guest waits for what it is told */
    PHASE_SHAPE,   /* the container's shape was sent; no PREPARED yet */
    PHASE_READY,   /* the guest waits for its configuration */
    PHASE_CONFIG,  /* sent; no STARTED yet */
    PHASE_RUNNING, /* the workload runs */
    PHASE_EXITED,  /* the exit record has come; output may still be under way */
};

/* now_ns() readings, 0 where it did not get that far, and the guest's own. */
struct session_times {
    int64_t hello;    /* HELLO came */
    int64_t started;  /* STARTED came */
    int64_t exited;   /* EXIT came */
    int64_t finished; /* all output was written */
    struct hello guest_hello;
    struct started guest_started;
};

struct session {
    const struct vm_spec *spec;
    struct machine *machine;     /* borrowed */
    struct console_log *log;     /* borrowed: it outlives a machine that is replaced */
    struct debugging *debugging; /* borrowed */
    struct network *network;     /* borrowed: what its helper says; NULL: none */
    int signal_fd;               /* borrowed: signalfd(2) */
    enum phase phase;
    struct channel control; /* own the machine's two port descriptors */
    struct channel data;
    bool control_eof;
    bool data_eof;
    struct input in;
    struct relay_sink out;
    struct relay_sink err;
    struct terminal terminal;
    struct vmm_errors vmm_errors;
    struct exit_record record;
    struct session_times times;
    int interrupts; /* SIGINTs so far */
    int end_signal; /* a signal ended the run before there was a workload, or by force */
    bool timed_out;
    int64_t deadline; /* of what the session waits for now */
};

/* Takes the machine's descriptors into use. All borrowed things outlive the session. */
int session_open(struct session *s, const struct vm_spec *spec, struct machine *machine,
                 struct console_log *log, struct debugging *debugging, int signal_fd,
                 struct error *err);

/* The machine is a copy of one that waits, and has its state: its guest says HELLO anew. */
void session_wake(struct session *s);

/*
 * Until HELLO, at the latest at the deadline (now_ns() time); and no longer than until the machine
 * has had so much of the processors' time, ns, or DEADLINE_NONE: on a busy host a machine waits,
 * and is no worse for it.
 */
int session_wait_hello(struct session *s, int64_t deadline, int64_t computing, struct error *err);

/*
 * Sends the container's shape and waits for PREPARED. Not for a copy: its template was told. The
 * guest's ERROR becomes err.
 */
int session_prepare(struct session *s, const char *shape, struct error *err);

/* Sends the configuration and waits for STARTED. The guest's ERROR becomes err. */
int session_start_workload(struct session *s, const char *config, struct error *err);

/* Relays until the workload has ended and all its output is written. */
int session_run(struct session *s, int *ret_status, struct error *err);

/*
 * True when the run was ended from outside before a workload could end by itself: by a signal to
 * vmc, or by --timeout. The functions above return -1 then, and this has the exit status.
 */
bool session_aborted(const struct session *s, int *ret_status);

/* Restores the terminal, closes what the session owns. */
void session_close(struct session *s);

#endif
