/*
 * The host's side of the protocol with one agent (common/protocol.h), for many processes: what was
 * sent, what may be sent next, and which process a frame belongs to. Never blocks: two watches in a
 * loop.
 */
#ifndef VMC_HOST_GUEST_LINK_H
#define VMC_HOST_GUEST_LINK_H

#include "common/channel.h"
#include "common/loop.h"
#include "host/guest/streams.h"

/* How far the container has come. */
enum link_phase {
    LINK_BOOT,    /* no HELLO yet */
    LINK_HELLO,   /* the guest waits for instructions */
    LINK_SHAPE,   /* the container's shape was sent; no PREPARED yet */
    LINK_READY,   /* the guest waits for its configuration */
    LINK_CONFIG,  /* sent; no STARTED of the workload yet */
    LINK_RUNNING, /* the workload runs */
    LINK_EXITED,  /* its exit record has come; output may still be under way */
};

enum process_state {
    PROCESS_ASKED,   /* the guest was told to start it */
    PROCESS_RUNNING, /* STARTED came */
    PROCESS_EXITED,  /* EXIT came: record; output may still be under way */
    PROCESS_FAILED,  /* ERROR came instead of STARTED: error. There is no output */
};

/*
 * The workload, or a process beside it. Owned by the caller; stays at its address until
 * link_forget().
 */
struct guest_process {
    uint16_t stream;
    enum process_state state;
    struct joined_streams streams;
    struct started started;
    struct exit_record record;
    struct error error;
    int64_t started_ns; /* now_ns() readings; 0: not yet */
    int64_t exited_ns;
    struct guest_process *next; /* in the link's list */
};
#define GUEST_PROCESS_NONE                                                                         \
    {                                                                                              \
        .streams = STREAMS_NONE                                                                    \
    }

struct link {
    struct loop *loop; /* borrowed */
    enum link_phase phase;
    struct channel control;
    struct channel data;
    bool control_eof;
    bool data_eof;
    struct watch watches[2];
    struct guest_process *processes; /* those that frames may be about */
    uint16_t last_stream;
    int64_t hello_ns; /* a now_ns() reading of when HELLO came */
    struct hello hello;
};

#define LINK_NONE(loop_)                                                                           \
    {                                                                                              \
        .loop = (loop_), .control.fd = -1, .data.fd = -1                                           \
    }

/*
 * Takes over the descriptors of the two ports. l stays at its address until link_close(), which
 * also accepts LINK_NONE.
 */
int link_open(struct link *l, struct loop *loop, int control_fd, int data_fd, struct error *err);
void link_close(struct link *l);

/* Call it before each turn of the loop: sends what is queued, as far as the ports take it. */
void link_flush(struct link *l);

/* True when neither port will bring anything more: the guest is gone. */
bool link_ended(const struct link *l);

/* The host's messages, each in its phase. WAKE is for a copy, whose guest has sent HELLO before. */
void link_wake(struct link *l);
int link_prepare(struct link *l, const char *shape, struct error *err);
int link_start(struct link *l, const char *config, struct guest_process *workload,
               const struct stream_fds *fds, struct error *err);

/*
 * Starts one more process beside the running workload; process is the JSON of a process_config.
 * Fails if the request cannot be sent; the guest's answer is in p->state. The link uses p and its
 * number until link_forget().
 */
int link_exec(struct link *l, const char *process, struct guest_process *p,
              const struct stream_fds *fds, struct error *err);

/* No effect on a process that has ended or has not started. */
void link_signal(struct link *l, const struct guest_process *p, int signal);
void link_resize(struct link *l, const struct guest_process *p, const struct window_size *size);

/* True when the guest will send nothing more about p. */
bool process_is_over(const struct guest_process *p);

/* True when it is over and all its output is written, or has nowhere to go. */
bool process_is_done(const struct guest_process *p);

/* For a process that is over: frees its streams, and its number for reuse. No effect on others. */
void link_forget(struct link *l, struct guest_process *p);

/*
 * Handle frames from the guest; public for tests and fuzzing. -1 ends the session: the guest's
 * ERROR for the workload, or a protocol violation.
 */
int link_hear_control(struct link *l, const struct frame *frame, struct error *err);
int link_hear_data(struct link *l, const struct frame *frame, struct error *err);

#endif
