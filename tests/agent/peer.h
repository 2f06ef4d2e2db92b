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

struct peer_host {
    struct channel control, data;
    pid_t agent;
    bool told_shape;
    struct said said;
    bool grant;         /* give credit back as output is taken */
    struct queue input; /* sent as credit allows */
    bool input_eof;     /* then an empty frame */
    bool input_eof_sent;
};

/* cmocka setup and teardown: starts the agent named by VMC_AGENT; ends it and frees everything. */
int peer_setup(void **state);
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

/* Relays until done(p) is true; fails the test after 30 s. */
void peer_until(struct peer_host *p, bool (*done)(const struct peer_host *));
bool peer_said_hello(const struct peer_host *p);
bool peer_said_prepared(const struct peer_host *p); /* or ERROR */
bool peer_said_started(const struct peer_host *p);  /* or ERROR */
bool peer_said_end(const struct peer_host *p);      /* EXIT and both EOFs, or ERROR */
bool peer_has_left(const struct peer_host *p);

/* Configures, opens both outputs, sends input, relays to the end. */
void peer_run(struct peer_host *p, const char *process, const void *input, size_t length);

/* Waits for the agent to exit; its exit status, or 128 + signal. */
int peer_wait(struct peer_host *p);

/*
 * A process in JSON: args ["/bin/sh", "-c", script], and PATH; owned by the caller.
 * extra: ",\"k\":v" or "".
 */
char *peer_shell(const char *script, const char *extra);

#endif
