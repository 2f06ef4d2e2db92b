/*
 * The life of a container in steps, whichever command asks for it: a command takes some of these
 * steps, in this order. They print only notices and undo nothing: run_release() does, whichever
 * step was the last.
 *
 *     run_prepare   what is made on the host: its private directory, network, mounts
 *     run_boot      a machine whose guest has sent HELLO: cold, a copy, or on the next rung
 *     run_create    as much of the container as depends only on its shape; saves a template
 *     run_start     the rest of it, and the command
 *     run_wait      relays until the command has ended and all its output is written
 *
 * or, in a machine without a container, run_maintenance instead of the last three.
 */
#ifndef VMC_HOST_RUN_RUN_H
#define VMC_HOST_RUN_RUN_H

#include "host/base/file_capabilities.h"
#include "host/base/seccomp.h"
#include "host/base/tsc.h"
#include "host/guest/guest.h"
#include "host/machine/accel.h"
#include "host/machine/console_log.h"
#include "host/machine/debugging.h"
#include "host/machine/machine.h"
#include "host/run/foreground.h"
#include "host/run/timing.h"
#include "host/store/template.h"

/* Everything one run owns. */
struct run {
    struct vm_spec spec;
    bool template_only; /* only make sure that there is a template */
    struct guest_image image;
    char *vmm;
    struct accel_plan plan;
    struct container container;
    struct id_range ids;
    bool privileged; /* run by the host's root, which can expect every layer */
    struct isolation isolation;
    struct rootfs rootfs;
    int swap_fd; /* the image behind --mem-swap, or -1 */
    struct seccomp_filter filter;
    struct capable_files capabilities; /* of files of the root, where its share shows none */
    struct volumes volumes;
    struct network network;
    void *backend; /* made by its prepare() */
    struct console_log log;
    struct debugging debugging;
    struct template template;
    bool template_failed;     /* one was unusable: this run uses none */
    struct error no_template; /* why none is used; text "" while one may be */
    struct machine machine;
    int signal_fd;
    struct loop loop;
    struct foreground foreground;
    struct guest guest;
    bool guest_opened;
    struct guest_process workload;
    struct timing timing;
    struct tsc_reading tsc;
};

/* Call it early: the frequency of the host's counter is measured from here on. */
void run_init(struct run *run);

/*
 * run->spec is resolved; the run owns it from here on. Refuses what this host cannot do before
 * anything is made.
 */
int run_prepare(struct run *run, struct error *err);

/*
 * Of a maintenance machine, whose guest never sends HELLO, only the machine. Boots once more where
 * the ladder of accelerators, or an unusable template, leaves another way.
 */
int run_boot(struct run *run, struct error *err);

int run_create(struct run *run, struct error *err);
int run_start(struct run *run, struct error *err);
int run_wait(struct run *run, int *ret_status, struct error *err);
int run_maintenance(struct run *run, struct error *err);

/*
 * True when the run was ended from outside before a workload could end by itself: a step has
 * returned -1, and *ret_status is the exit status.
 */
bool run_was_aborted(const struct run *run, int *ret_status);

/* Ends and removes everything; prints the times that --timing asks for. */
void run_release(struct run *run);

#endif
