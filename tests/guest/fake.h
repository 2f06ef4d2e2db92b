/*
 * A guest for tests of the host's side of the talk: the real one, over socket pairs, in a process
 * of its own, with the test as the agent that keeps the rules or does not. Every wait has a
 * deadline, after which the test fails.
 */
#ifndef VMC_TESTS_GUEST_FAKE_H
#define VMC_TESTS_GUEST_FAKE_H

#include "common/channel.h"
#include "host/run/foreground.h"

/* What has become of a process that the host asked for beside the workload. */
struct exec_end {
    int state; /* enum process_state */
    int status;
    char text[256];
};
#define EXECS 3

/* How the host's side ended. */
struct host_end {
    int failed;      /* a step returned -1 */
    int step;        /* the last one: enum host_step */
    int status;      /* the exit status, if it did not */
    char text[2048]; /* the error, if it did */
    struct exec_end execs[EXECS];
};

enum host_step { STEP_HELLO, STEP_PREPARE, STEP_START, STEP_RUN };

struct fake_guest {
    struct channel control, data; /* the guest's ends */
    int console;                  /* what is written here is its kernel's */
    pid_t host;
    int result; /* a pipe: struct host_end */
    int output; /* what the host's side has written to its standard output */
    int execs;  /* so many processes are asked for once the workload runs, at most EXECS */
    int exec_output[EXECS];
    struct vm_spec spec;
};

/* cmocka setup and teardown. start_host() starts it, with what the test has set in spec by then. */
int fake_setup(void **state);
int fake_teardown(void **state);
void start_host(struct fake_guest *g);

/* Sends a frame. The host may have left already: that is not an error. */
void say(struct fake_guest *g, enum frame_type type, const void *payload, size_t length);
void say_about(struct fake_guest *g, enum frame_type type, uint16_t stream, const void *payload,
               size_t length);
void say_data(struct fake_guest *g, enum frame_type type, uint16_t stream, const void *payload,
              size_t length);
/* The same for bytes that need not be frames. */
void say_raw(struct channel *port, const void *bytes, size_t length);

/* The frames of a guest that keeps the rules. */
void say_hello(struct fake_guest *g);
void say_started(struct fake_guest *g, uint16_t stream);
void say_exit(struct fake_guest *g, uint16_t stream, bool signaled, uint8_t value);
void say_error(struct fake_guest *g, uint16_t stream, int status, const char *text);
void say_credit(struct fake_guest *g, enum frame_type type, uint32_t count);
void say_ends(struct fake_guest *g, uint16_t stream); /* of both outputs */

/* Waits for a frame of that type from the host, and drops those before it. Its stream. */
uint16_t hear(struct fake_guest *g, struct channel *port, enum frame_type type);
/* As far as that a workload runs, and has credit for its output. */
void run_workload(struct fake_guest *g);

/* Waits for the end of the host's side. */
struct host_end host_end(struct fake_guest *g);

#endif
