/*
 * A run in the foreground of a shell: the workload's streams are vmc's own, its terminal is the
 * user's, the user's signals are the workload's, and its exit status is vmc's.
 */
#ifndef VMC_HOST_RUN_FOREGROUND_H
#define VMC_HOST_RUN_FOREGROUND_H

#include "host/guest/guest.h"
#include "host/run/terminal.h"

struct foreground {
    struct loop *loop;   /* borrowed, as the next four are */
    struct guest *guest; /* NULL while there is none: a signal ends the run */
    struct guest_process *workload;
    bool tty;      /* the workload has a terminal, kept at the size of the user's */
    int signal_fd; /* signalfd(2) */
    struct watch signals;
    struct user_terminal terminal;
    int interrupts; /* SIGINTs so far */
    int end_signal; /* a signal ended the run before there was a workload, or by force */
    bool timed_out;
    int64_t finished_ns; /* a now_ns() reading of when all output was written; 0: not yet */
};

/*
 * Watches for signals in every turn of the loop. f stays at its address until foreground_close().
 */
void foreground_open(struct foreground *f, struct loop *loop, int signal_fd, bool tty);

/* Whose workload gets the signals; call it before the workload is started. NULL: none any more. */
void foreground_attend(struct foreground *f, struct guest *guest, struct guest_process *workload);

/* Takes over the terminal; *ret is what to join the workload's streams to. */
int foreground_streams(struct foreground *f, struct stream_fds *ret, struct error *err);

/*
 * Runs the loop until the workload has ended and all its output is written. After timeout ns the
 * workload gets TERM, and then KILL; 0: no limit.
 */
int foreground_wait(struct foreground *f, int64_t timeout, int *ret_status, struct error *err);

/*
 * True when the run was ended from outside, by a signal to vmc or by the timeout, before a workload
 * could end by itself. That is why a step has returned -1, and *ret_status is the exit status.
 */
bool foreground_aborted(const struct foreground *f, int *ret_status);

/* Restores the terminal. Harmless on a zero-initialised one. */
void foreground_close(struct foreground *f);

#endif
