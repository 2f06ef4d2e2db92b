/*
 * A host for tests of the agent: the other end of its two ports, over socket pairs, driven step by
 * step. Every wait has a deadline, after which the test fails.
 */
#ifndef VMC_TESTS_AGENT_PEER_H
#define VMC_TESTS_AGENT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/channel.h"
#include "common/queue.h"

/* What the agent has said so far. */
struct said {
    bool hello, prepared, started, ended, failed;
    struct started start;
    struct exit_record record;
    struct error error; /* of the ERROR frame */
    struct queue output, error_output;
    bool output_eof, error_eof;
    bool input_closed; /* CLOSE for STDIN has come */
    bool left;         /* the agent has closed its control port */
    uint64_t input_credit;
    uint64_t input_granted; /* all credit there ever was */
};

/* The workload, or a process of EXEC. */
struct peer_process {
    uint16_t stream;
    struct said said;
    struct queue input; /* sent as credit allows */
    bool input_eof;     /* then an empty frame */
    bool input_eof_sent;
    struct peer_process *next;
};

struct peer_host {
    struct channel control, data;
    pid_t agent;
    bool told_shape;
    bool grant; /* give credit back as output is taken; to those of EXEC the first one, too */
    struct peer_process workload;
    struct peer_process *execs; /* owned; the last one first */
    uint16_t last_stream;
};

/* cmocka setup and teardown: starts the agent named by VMC_AGENT; ends it and frees everything. */
int peer_setup(void **state);
/* The same for an agent that run, in a child, executes with its two descriptors. */
int peer_setup_with(void **state, void (*run)(int control, int data));
int peer_teardown(void **state);

/* Sends json as PREPARE frames, and the empty one. */
void peer_prepare(struct peer_host *p, const char *json);
/*
 * peer_prepare() for a plain process, unless that was called; then the configuration of this
 * workload, a process in JSON, as CONFIG frames of at most piece bytes, and the empty one.
 */
void peer_configure(struct peer_host *p, const char *process, size_t piece);
void peer_send(struct peer_host *p, enum frame_type type, const void *payload, size_t length);
void peer_send_data(struct peer_host *p, enum frame_type type, const void *payload, size_t length);
void peer_credit(struct peer_host *p, enum frame_type type, uint32_t count);

/* The same for any stream. */
void peer_send_to(struct peer_host *p, uint16_t stream, enum frame_type type, const void *payload,
                  size_t length);
void peer_signal(struct peer_host *p, uint16_t stream, int number);
void peer_resize(struct peer_host *p, uint16_t stream, const struct window_size *size);
void peer_credit_to(struct peer_host *p, uint16_t stream, enum frame_type type, uint32_t count);

/* Sends a process in JSON as EXEC frames, for a stream that had no process yet; p's. */
struct peer_process *peer_exec(struct peer_host *p, const char *process);
/* The same with the text of peer_shell(). */
struct peer_process *peer_exec_shell(struct peer_host *p, const char *script, const char *extra);
/* For that stream, once more. */
struct peer_process *peer_exec_on(struct peer_host *p, uint16_t stream, const char *process);

/* Relays until done(x) is true, as peer_until(). */
void peer_until_exec(struct peer_host *p, const struct peer_process *x,
                     bool (*done)(const struct peer_process *));
bool peer_exec_started(const struct peer_process *x); /* or ERROR */
bool peer_exec_over(const struct peer_process *x);    /* EXIT and both EOFs, or ERROR */

/* Relays until done(p) is true; fails the test after 30 s. */
void peer_until(struct peer_host *p, bool (*done)(const struct peer_host *));
bool peer_said_hello(const struct peer_host *p);
bool peer_said_prepared(const struct peer_host *p); /* or ERROR */
bool peer_said_started(const struct peer_host *p);  /* or ERROR */
bool peer_said_end(const struct peer_host *p);      /* EXIT and both EOFs, or ERROR */
bool peer_has_left(const struct peer_host *p);

/* Configures, opens both outputs, sends input, relays to the end. */
void peer_run(struct peer_host *p, const char *process, const void *input, size_t length);

/* Until the agent has read all that was sent on the data port. */
void peer_settle(struct peer_host *p);

/* How many descriptors the agent has open, and processes for children. */
size_t peer_count_descriptors(const struct peer_host *p);
size_t peer_count_children(const struct peer_host *p);

/* Waits for the agent to exit; its exit status, or 128 + signal. */
int peer_wait(struct peer_host *p);

/*
 * A process in JSON: args ["/bin/sh", "-c", script], and PATH; owned by the caller.
 * extra: ",\"k\":v" or "".
 */
char *peer_shell(const char *script, const char *extra);

#endif
