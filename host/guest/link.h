/*
 * The talk with one agent about many processes, as common/protocol.h has it: what was said, what
 * may be said next, and to which process a frame belongs. Waits for nothing: two watches in a loop.
 */
#ifndef VMC_HOST_GUEST_LINK_H
#define VMC_HOST_GUEST_LINK_H

#include "common/channel.h"
#include "common/loop.h"
#include "host/guest/streams.h"

/* How far the container has come. */
enum link_phase {
    LINK_BOOT,    /* no HELLO yet */
    LINK_HELLO,   /* the guest waits for what it is told */
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

/* The workload, or one beside it. Owned by whoever asked for it, and in its place until then. */
struct guest_process {
    uint16_t stream;
    enum process_state state;
    struct joined_streams streams;
    struct started started;
    struct exit_record record;
    struct error error;
    int64_t started_ns; /* now_ns() readings; 0: not yet */
    int64_t exited_ns;
    struct guest_process *next; /* the link's */
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
    struct guest_process *processes; /* those that the guest may speak of */
    uint16_t last_stream;
    int64_t hello_ns; /* a now_ns() reading of when HELLO came */
    struct hello hello;
};

#define LINK_NONE(loop_)                                                                           \
    {                                                                                              \
        .loop = (loop_), .control.fd = -1, .data.fd = -1                                           \
    }

/*
 * Takes the descriptors of the two ports over. l does not move until link_close(), which takes
 * LINK_NONE, too.
 */
int link_open(struct link *l, struct loop *loop, int control_fd, int data_fd, struct error *err);
void link_close(struct link *l);

/* Before each turn of the loop: sends what waits to be sent, as far as it goes. */
void link_flush(struct link *l);

/* True when neither port will bring anything more: the guest is gone. */
bool link_ended(const struct link *l);

/* What the host says, each in its phase. WAKE is for a copy, whose guest has said HELLO before. */
void link_wake(struct link *l);
int link_prepare(struct link *l, const char *shape, struct error *err);
int link_start(struct link *l, const char *config, struct guest_process *workload,
               const struct stream_fds *fds, struct error *err);

/*
 * One more process, beside a workload that runs: the JSON of a process_config. err when it cannot
 * be asked for; what the guest answers is in p->state. p and its number are the link's until
 * link_forget().
 */
int link_exec(struct link *l, const char *process, struct guest_process *p,
              const struct stream_fds *fds, struct error *err);

/* To a process that has ended, or has not started: nothing. */
void link_signal(struct link *l, const struct guest_process *p, int signal);
void link_resize(struct link *l, const struct guest_process *p, const struct window_size *size);

/* True when the guest has nothing more to say of p. */
bool process_is_over(const struct guest_process *p);

/* True when it is over and all its output is written, or has nowhere to go. */
bool process_is_done(const struct guest_process *p);

/* Of one that is over: frees its streams, and its number for another one. Harmless on others. */
void link_forget(struct link *l, struct guest_process *p);

/*
 * Frames from the guest, apart from link_open()'s watches for tests and fuzzing. -1 ends the talk:
 * the guest's ERROR of the workload, or a violation.
 */
int link_hear_control(struct link *l, const struct frame *frame, struct error *err);
int link_hear_data(struct link *l, const struct frame *frame, struct error *err);

#endif
